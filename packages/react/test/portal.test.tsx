import { AuthGate, useAuth } from '@latchkey/react'
import { act } from '@testing-library/react'
import type { ReactNode } from 'react'
import { createContext, useContext, useState } from 'react'
import { createPortal } from 'react-dom'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Setup } from './support/setup.tsx'
import { createSetup, refreshMs } from './support/setup.tsx'

// The recipe of docs/options.md, "Portals".
const DialogContainer = createContext<HTMLElement | null>(null)

function DialogArea({ children }: { children: ReactNode }): ReactNode {
  const [container, setContainer] = useState<HTMLElement | null>(null)
  return (
    <DialogContainer.Provider value={container}>
      {children}
      <div ref={setContainer} />
    </DialogContainer.Provider>
  )
}

/** Renders into a container, as the dialogs of component libraries do. */
function Dialog({ children }: { children: ReactNode }): ReactNode {
  const container = useContext(DialogContainer)
  return container && createPortal(<section role="dialog">{children}</section>, container)
}

function Details(): ReactNode {
  return (
    <Dialog>
      {useAuth().user?.email}
      <input />
    </Dialog>
  )
}

describe('a dialog that is rendered through a portal into a container inside the gate', () => {
  let setup: Setup
  let container: HTMLElement

  beforeEach(async () => {
    setup = createSetup({ signedInAs: 'cathy' })
    container = setup.renderBelowProvider(
      <AuthGate restoring={<i>loading</i>} signedOut={<i>sign in</i>} expired={<i>sign in again</i>}>
        <DialogArea>
          <Details />
        </DialogArea>
      </AuthGate>,
    ).container
    await setup.advance()
  })
  const getDialog = (): Element | null => document.querySelector('[role=dialog]')
  const getGate = (): HTMLElement => container.firstElementChild as HTMLElement

  it('is shown to the signed-in user', () => {
    expect(getDialog()?.textContent).toBe('cathy@example.com')
    expect(getDialog()?.closest('[style*="none"]')).toBeNull()
    expect(getGate().inert).toBe(false)
  })

  it('is inert after the session expired, and usable after the same user signed in, with what was typed', async () => {
    const input = getDialog()!.querySelector('input')!
    input.value = 'half a sentence'
    setup.bff.endSessions('idle')
    await setup.advance(refreshMs)
    expect(getGate().inert).toBe(true)
    expect(getGate().contains(getDialog())).toBe(true)
    await act(() => setup.client.signIn({ username: 'cathy', password: 'secret' }))
    expect(getGate().inert).toBe(false)
    expect(getDialog()!.querySelector('input')).toBe(input)
    expect(input.value).toBe('half a sentence')
  })

  it('is hidden in the back-forward cache, and gone when another user is signed in then', async () => {
    await act(async () => setup.tab.enterBfcache())
    expect(getDialog()?.closest<HTMLElement>('[style*="none"]')?.style.display).toBe('none')
    setup.bff.startSession('noor')
    act(() => setup.tab.leaveBfcache())
    expect(getDialog()?.closest<HTMLElement>('[style*="none"]')?.style.display).toBe('none')
    await setup.advance()
    expect(getDialog()?.textContent).toBe('noor@example.com')
    expect(document.body.textContent).not.toContain('cathy@')
  })
})
