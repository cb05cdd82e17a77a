/** Letters that databases which ignore accents compare as these, and that Unicode does not decompose. */
const plainLetters: Readonly<Record<string, string>> = {
  Æ: 'AE',
  Ð: 'D',
  Đ: 'D',
  Ħ: 'H',
  Ł: 'L',
  Œ: 'OE',
  Ø: 'O',
}

const collator = new Intl.Collator('und', { sensitivity: 'base' })

/**
 * Derives one name from the spellings of a username that some servers accept for one account: they ignore case,
 * accents, width, surrounding spaces and invisible characters. If a server tells two of them apart, these accounts
 * share their count. An address with a plus sign is another account than the one without, as on most servers.
 */
export function deriveAccountName(username: string): string {
  return (
    username
      .normalize('NFKD')
      // The capital ẞ has no other upper case.
      .toLowerCase()
      .toUpperCase()
      .normalize('NFKD')
      .replaceAll(/[\p{M}\p{C}\p{Default_Ignorable_Code_Point}]/gu, '')
      .replaceAll(/[ÆÐĐĦŁŒØ]/g, (letter) => plainLetters[letter] ?? letter)
      .replaceAll(/(?!\d)\p{Nd}/gu, toAsciiDigit)
      .trim()
  )
}

function toAsciiDigit(digit: string): string {
  return Array.from('0123456789').find((candidate) => collator.compare(candidate, digit) === 0) ?? digit
}
