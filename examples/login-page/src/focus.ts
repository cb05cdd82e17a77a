/** After the view changes, moves focus to its heading. */
export function focusHeading(): void {
  document.querySelector('h1')?.focus()
}

/** Moves focus to the first empty input. */
export function focusFirstEmpty(within: Element | null): void {
  const inputs = within?.querySelectorAll('input') ?? []
  Array.from(inputs)
    .find(({ value }) => value === '')
    ?.focus()
}
