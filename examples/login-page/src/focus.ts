/** After the view changes, moves focus to its heading. */
export function focusHeading(): void {
  document.querySelector('h1')?.focus()
}
