import type { Finding } from './finding.ts'
import { formatFindings, maxLineLength, wrapText } from './finding.ts'

/** The findings about one configuration. */
export interface ConfigReport {
  /** The name of the preset, or the `id` of the description. */
  provider: string
  basePath: string
  findings: Finding[]
}

/** Formats a report as lines of text: the findings, and how many are not `ok`. */
export function formatTextReport({ findings }: ConfigReport, advice: string): string[] {
  const { failed, warnings } = countFindings(findings)
  const summary = [
    failed === 0 ? 'Nothing failed' : `${failed} failed`,
    warnings === 0 ? '.' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`,
    advice,
  ].join('')
  return ['', ...formatFindings(findings), '', ...wrapText(summary, maxLineLength)]
}

/** Formats the reports of a file as one JSON document, which docs/doctor.md describes. */
export function formatJsonReport(file: string, reports: ConfigReport[]): string {
  const findings = reports.flatMap((report) => report.findings)
  const configurations = reports.map((report) => ({
    ...report,
    findings: report.findings.map((finding) => ({ ...finding, level: finding.level.toLowerCase() })),
  }))
  return formatJson({ file, ...countFindings(findings), configurations })
}

/** Formats why a file cannot be used as a JSON document. */
export function formatJsonError(message: string): string {
  return formatJson({ error: message })
}

/** Formats why a file cannot be used, as lines of text that keep their indentation. */
export function formatTextError(message: string): string[] {
  return message.split('\n').flatMap((line) => {
    const [indent = ''] = /^ */.exec(line) ?? []
    return wrapText(line.trim(), maxLineLength - indent.length).map((part) => indent + part)
  })
}

/** Whether a check failed. */
export function hasFailed({ findings }: ConfigReport): boolean {
  return countFindings(findings).failed > 0
}

/** Counts the findings that are not `ok`. */
function countFindings(findings: Finding[]): { failed: number; warnings: number } {
  const count = (level: Finding['level']): number =>
    findings.filter((finding) => finding.level === level).length
  return { failed: count('FAILED'), warnings: count('warn') }
}

function formatJson(value: object): string {
  return JSON.stringify(value, null, 2)
}
