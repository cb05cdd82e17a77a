import type { ServerKind } from '../simulation/authorization-server.ts'

/** What came of the sessions of one act at one kind of server. */
export interface Row {
  readonly act: string
  readonly kind: ServerKind
  readonly sessions: number
  /** Refreshes that issued tokens. */
  readonly grants: number
  /** Refresh tokens that were sent after they were used. */
  readonly sentTwice: number
  readonly lost: number
  /** The reasons that callers and pages heard. */
  readonly reasons: readonly string[]
  readonly callers: number
  /** Callers that got a token or the reason of the end. */
  readonly served: number
  /** Callers that asked again, after 503 or a broken connection. */
  readonly retried: number
  readonly slowestMs: number
}

/** Adds the rows of several rounds: one for each act and kind of server, in their order. */
export function addRows(rows: readonly Row[]): Row[] {
  const sums = new Map<string, Row>()
  for (const row of rows) {
    const key = `${row.act} ${row.kind}`
    const sum = sums.get(key)
    sums.set(key, sum ? addRow(sum, row) : row)
  }
  return [...sums.values()]
}

function addRow(sum: Row, row: Row): Row {
  return {
    ...sum,
    sessions: sum.sessions + row.sessions,
    grants: sum.grants + row.grants,
    sentTwice: sum.sentTwice + row.sentTwice,
    lost: sum.lost + row.lost,
    reasons: [...new Set([...sum.reasons, ...row.reasons])],
    callers: sum.callers + row.callers,
    served: sum.served + row.served,
    retried: sum.retried + row.retried,
    slowestMs: Math.max(sum.slowestMs, row.slowestMs),
  }
}

const heads = ['act', 'server', 'grants', 'sent twice', 'lost', 'reasons', 'callers served', 'slowest']

/** Writes rows as a table of Markdown. */
export function formatTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.act,
    row.kind,
    String(row.grants),
    String(row.sentTwice),
    `${row.lost} of ${row.sessions}`,
    row.reasons.join(', '),
    `${row.served} of ${row.callers}${row.retried > 0 ? `, ${row.retried} again` : ''}`,
    `${(row.slowestMs / 1000).toFixed(1)} s`,
  ])
  const widths = heads.map((head, index) => Math.max(head.length, ...cells.map((row) => row[index]!.length)))
  const formatLine = (line: readonly string[]): string =>
    `| ${line.map((cell, index) => cell.padEnd(widths[index]!)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [formatLine(heads), rule, ...cells.map(formatLine)].join('\n')
}
