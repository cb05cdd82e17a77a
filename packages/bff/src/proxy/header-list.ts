/** Longer headers are ignored. */
const maxHeaderLength = 4096

/**
 * Parses the elements of a header that is a list (RFC 9110 §5.6.1), in linear time: a comma in a quoted string
 * separates nothing. A string without an end reaches to the end of the header.
 *
 * @returns the elements, without spaces around them and without empty ones; none when the header is absent or too long
 */
export function parseHeaderList(header: string | null): string[] {
  if (header === null || header.length > maxHeaderLength) return []
  const elements: string[] = []
  let start = 0
  let isQuoted = false
  for (let index = 0; index < header.length; index += 1) {
    const character = header[index]
    if (character === '"') isQuoted = !isQuoted
    else if (isQuoted && character === '\\') index += 1
    else if (character === ',' && !isQuoted) {
      elements.push(header.slice(start, index))
      start = index + 1
    }
  }
  return [...elements, header.slice(start)]
    .map((element) => element.trim())
    .filter((element) => element !== '')
}
