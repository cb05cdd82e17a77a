/** What one check found. */
export interface Finding {
  /** What was looked at, in a word or two. */
  check: string
  level: 'ok' | 'warn' | 'FAILED'
  message: string
  /** What to change, where something should be. */
  fix?: string
}

/** Characters of a line. */
export const maxLineLength = 100
const margin = '  '
const levels = 8

/** Findings as lines of plain text, at most {@link maxLineLength} wide. */
export function formatFindings(findings: Finding[]): string[] {
  const checks = Math.max(0, ...findings.map(({ check }) => check.length)) + 2
  const indent = margin.length + levels + checks
  return findings.flatMap(({ check, level, message, fix }) => {
    const lines = [
      ...wrapText(message, maxLineLength - indent),
      ...(fix === undefined ? [] : wrapText(`fix: ${fix}`, maxLineLength - indent)),
    ]
    const [first = '', ...rest] = lines
    return [
      margin + level.padEnd(levels) + check.padEnd(checks) + first,
      ...rest.map((line) => ' '.repeat(indent) + line),
    ]
  })
}

/** Breaks a text at its spaces; a word that is longer than a line is broken too. */
export function wrapText(text: string, width: number): string[] {
  const words = text.split(/\s+/).flatMap((word) => word.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [])
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
