/** The result of one check. */
export interface Finding {
  /** The label of the check, one or two words. */
  check: string
  level: 'ok' | 'warn' | 'FAILED'
  message: string
  /** What to change. */
  fix?: string
}

/** Characters per line. */
export const maxLineLength = 100
const margin = '  '
const levelWidth = 8

/** Formats findings as a table in plain text. No line is longer than {@link maxLineLength}. */
export function formatFindings(findings: Finding[]): string[] {
  const checkWidth = Math.max(0, ...findings.map(({ check }) => check.length)) + 2
  const indent = margin.length + levelWidth + checkWidth
  return findings.flatMap(({ check, level, message, fix }) => {
    const [firstLine = '', ...otherLines] = [
      ...wrapText(message, maxLineLength - indent),
      ...(fix === undefined ? [] : wrapText(`fix: ${fix}`, maxLineLength - indent)),
    ]
    return [
      margin + level.padEnd(levelWidth) + check.padEnd(checkWidth) + firstLine,
      ...otherLines.map((line) => ' '.repeat(indent) + line),
    ]
  })
}

/** Breaks a text into lines at its spaces. Words longer than a line are broken too. */
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
