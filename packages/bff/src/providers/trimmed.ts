/**
 * Takes white space and byte order marks from both ends of a configured value: they come in with copying (the vendor's
 * own sample of Class ends in one) and make a right secret wrong.
 */
export function trimmed(configured: string): string
export function trimmed(configured: string | undefined): string | undefined
export function trimmed(configured: string | undefined): string | undefined {
  return configured?.replaceAll(/^[\s\u{feff}]+|[\s\u{feff}]+$/gu, '')
}
