/** After an act that has replaced the page: puts the focus where its successor begins, as a page load does. */
export function focusHeading(): void {
  document.querySelector('h1')?.focus()
}
