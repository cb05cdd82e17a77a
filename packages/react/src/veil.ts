'use client'

/** How much of an element its reader gets: all of it, a look at it, nothing. */
export type Veil = 'none' | 'inert' | 'hidden'

/** Where the focus was when an element was made inert. */
const focusBefore = new WeakMap<HTMLElement, Element>()

/**
 * Veils an element, and gives the focus back to what had it when the veil is lifted.
 *
 * It sets properties: a `style` attribute in a page that a server rendered would violate a strict
 * content security policy, and `inert` as a prop means different things to React 18 and 19.
 */
export function draw(element: HTMLElement, veil: Veil): void {
  const focused = element.ownerDocument.activeElement
  if (veil !== 'none' && !element.inert && focused && element.contains(focused)) {
    focusBefore.set(element, focused)
  }
  element.style.display = veil === 'hidden' ? 'none' : 'contents'
  element.inert = veil !== 'none'
  if (veil === 'none') {
    const before = focusBefore.get(element)
    focusBefore.delete(element)
    if (before instanceof HTMLElement) before.focus({ preventScroll: true })
  }
}
