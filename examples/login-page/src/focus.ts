/** After an act that has replaced the page: puts the focus where its successor begins, as a page load does. */
export function focusHeading(): void {
  document.querySelector('h1')?.focus()
}

/** Puts the focus where the first thing is to be typed: what is known need not be typed again. */
export function focusFirstEmpty(within: Element | null): void {
  const inputs = within?.querySelectorAll('input') ?? []
  Array.from(inputs)
    .find(({ value }) => value === '')
    ?.focus()
}
