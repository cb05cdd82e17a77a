/** Capitalizes the first letter. */
export function capitalize(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Formats the day of an ISO date or time, without line breaks. */
export function formatDay(iso: string): string {
  return days.format(new Date(`${iso.slice(0, 10)}T00:00:00Z`)).replaceAll(' ', '\u{a0}')
}

const days = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})
