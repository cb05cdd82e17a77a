/** A word as it begins a sentence or stands alone. */
export function capitalize(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** So many seconds. */
export function formatSeconds(count: number): string {
  return `${count} ${count === 1 ? 'second' : 'seconds'}`
}

/** The day of an ISO date or moment, in one piece. */
export function formatDay(iso: string): string {
  return days.format(new Date(`${iso.slice(0, 10)}T00:00:00Z`)).replaceAll(' ', '\u{a0}')
}

const days = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})
