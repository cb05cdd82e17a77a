/** How much of an element its reader gets: all of it, a look at it, nothing. */
export type Visibility = 'none' | 'inert' | 'hidden'

/** Where the focus was when an element was veiled. */
const lastFocused = new WeakMap<HTMLElement, Element>()

/**
 * Veils an element; when the veil is lifted, what had the focus has it again, unless it is elsewhere by then.
 *
 * It sets properties: a `style` attribute in a page that a server rendered would violate a strict
 * content security policy, and `inert` as a prop means different things to React 18 and 19.
 */
export function applyVisibility(element: HTMLElement, visibility: Visibility): void {
  const { activeElement, body } = element.ownerDocument
  if (visibility !== 'none' && !element.inert && activeElement && element.contains(activeElement)) {
    lastFocused.set(element, activeElement)
  }
  element.style.display = visibility === 'hidden' ? 'none' : 'contents'
  element.inert = visibility !== 'none'
  if (visibility === 'none') {
    const before = lastFocused.get(element)
    lastFocused.delete(element)
    if (before instanceof HTMLElement && (activeElement ?? body) === body) {
      before.focus({ preventScroll: true })
    }
  }
}
