'use client'

import type { RefObject, SyntheticEvent } from 'react'
import { useEffect, useLayoutEffect, useRef } from 'react'

/** The props of a `<dialog>` that is modal while it is open. */
export interface ModalProps {
  readonly ref: RefObject<HTMLDialogElement | null>
  readonly closedby: 'none'
  readonly onFocus: (event: SyntheticEvent<HTMLDialogElement>) => void
  readonly onCancel: (event: SyntheticEvent<HTMLDialogElement>) => void
  readonly onClose: (event: SyntheticEvent<HTMLDialogElement>) => void
}

/** React 18 warns about layout effects on a server. */
const useDialogEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect

/**
 * Opens and closes a modal dialog, which browsers cannot close without this page.
 *
 * @param onEscape called when the user presses Escape
 */
export function useModal(isOpen: boolean, onEscape?: () => void): ModalProps {
  const ref = useRef<HTMLDialogElement>(null)
  const lastFocused = useRef<HTMLElement>(null)

  // Before the gate around the dialog becomes inert, so that closing it returns the focus to the page first.
  useDialogEffect(() => {
    const { current: dialog } = ref
    if (!isOpen || !dialog) return undefined
    showModal(dialog)
    // Rather than the first element, which may be filled in already.
    dialog.querySelector<HTMLElement>('input:invalid')?.focus()
    return () => closeModal(dialog)
  }, [isOpen])

  return {
    ref,
    closedby: 'none',
    onFocus: ({ target }) => {
      lastFocused.current = target as HTMLElement
    },
    onCancel: (event) => {
      event.preventDefault()
      onEscape?.()
    },
    onClose: ({ currentTarget: dialog }) => {
      // Chromium closes a dialog at the second Escape, whatever the page says.
      if (!isOpen || !dialog.isConnected || dialog.open) return
      const focused = lastFocused.current
      showModal(dialog)
      focused?.focus()
    },
  }
}

// jsdom, in which users test, has the element without its methods.

function showModal(dialog: HTMLDialogElement): void {
  if ('showModal' in dialog) dialog.showModal()
  else (dialog as HTMLDialogElement).open = true
}

function closeModal(dialog: HTMLDialogElement): void {
  if ('close' in dialog) dialog.close()
  else (dialog as HTMLDialogElement).open = false
}
