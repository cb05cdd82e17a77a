/** `inert` shows an element but disables it; `hidden` does not show it. */
export type Visibility = 'visible' | 'inert' | 'hidden'

/** Which element had the focus when the element around it became inert or hidden. */
const lastFocused = new WeakMap<HTMLElement, Element>()

/**
 * Applies a visibility to an element. When the element becomes visible again, it also restores the focus, unless another
 * element has the focus by then.
 *
 * It sets properties, not attributes: a `style` attribute in server-rendered HTML would violate a strict content
 * security policy, and the prop `inert` has different meanings in React 18 and 19.
 */
export function applyVisibility(element: HTMLElement, visibility: Visibility): void {
  const { activeElement, body } = element.ownerDocument
  const isVisible = visibility === 'visible'
  if (!isVisible && !element.inert && activeElement && element.contains(activeElement)) {
    lastFocused.set(element, activeElement)
  }
  element.style.display = visibility === 'hidden' ? 'none' : 'contents'
  element.inert = !isVisible
  if (isVisible) {
    const focused = lastFocused.get(element)
    lastFocused.delete(element)
    if (focused instanceof HTMLElement && (activeElement ?? body) === body) {
      focused.focus({ preventScroll: true })
    }
  }
}
