import type { TestAuth } from '@latchkey/core/testing'
import { createTestAuth, flushPromises } from '@latchkey/core/testing'
import { AuthGate, AuthProvider } from '@latchkey/react'
import type { SessionTimeoutDialogProps } from '@latchkey/react/ui'
import { SessionTimeoutDialog } from '@latchkey/react/ui'
import { act, fireEvent, render, screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import './support/setup.tsx'
import type { User } from './support/user.ts'
import { cathy } from './support/user.ts'

describe('SessionTimeoutDialog', () => {
  it('appears two minutes before the end, counts down, and announces only round times', async () => {
    const auth = await renderDialog(600)
    await advance(auth, 479)
    expect(getDialog()).toBeNull()
    await advance(auth, 2)
    expect(readDialog()).toEqual({ text: 'You will be signed out in 2 minutes.', timer: '1:59' })
    await advance(auth, 60)
    expect(readDialog()).toEqual({ text: 'You will be signed out in 1 minute.', timer: '0:59' })
    await advance(auth, 25)
    expect(readDialog()).toEqual({ text: 'You will be signed out in 1 minute.', timer: '0:34' })
    await advance(auth, 25)
    expect(readDialog()).toEqual({ text: 'You will be signed out in 10 seconds.', timer: '0:09' })
    await advance(auth, 10)
    expect(auth.getState()).toMatchObject({ status: 'expired', reason: 'idle' })
    expect(getDialog()).toBeNull()
  })

  it.each([
    ['the button', () => fireEvent.click(screen.getByRole('button', { name: 'Stay signed in' }))],
    ['Escape', () => fireEvent(screen.getByRole('alertdialog'), new Event('cancel', { cancelable: true }))],
  ])('extends the session with %s, as often as the user likes', async (_, extend) => {
    const auth = await renderDialog(600)
    for (let count = 0; count < 12; count += 1) {
      await advance(auth, 500)
      expect(getDialog()).not.toBeNull()
      await act(async () => {
        extend()
        await flushPromises()
      })
      expect(getDialog()).toBeNull()
    }
    expect(auth.getState().status).toBe('signed-in')
  })

  it('does not appear while another tab uses the session', async () => {
    const auth = await renderDialog(600)
    const useElsewhere = () => auth.bff.fetch(createRequest())
    await advance(auth, 470)
    await useElsewhere()
    await advance(auth, 60)
    expect(getDialog()).toBeNull()
    expect(auth.sessionEnd.secondsLeft()).toBeGreaterThan(500)

    await advance(auth, 440)
    expect(getDialog()).not.toBeNull()
    await useElsewhere()
    await advance(auth, 16)
    expect(getDialog()).toBeNull()
  })

  it('warns at least 20 seconds before the end, and later where sessions are short', async () => {
    const auth = await renderDialog(60, { warnBefore: 1 })
    await advance(auth, 39)
    expect(getDialog()).toBeNull()
    await advance(auth, 2)
    expect(getDialog()).not.toBeNull()
  })

  it('closes after an extension by less than the warning', async () => {
    const auth = await renderDialog(60)
    await advance(auth, 5)
    await click(auth, 'Stay signed in')
    expect(getDialog()).toBeNull()
    await advance(auth, 31)
    expect(readDialog().timer).toBe('0:29')
  })

  it('explains that a session cannot be extended, and lets the user save work', async () => {
    const auth = await renderDialog(600)
    await advance(auth, 500)
    auth.bff.intercept(async (request) => {
      // The maximum age: whatever the page does, the session ends in 100 seconds.
      const url = new URL(request.url)
      url.searchParams.set('peek', '')
      auth.bff.intercept(null)
      return auth.bff.fetch(new Request(url, request))
    })
    await click(auth, 'Stay signed in')
    expect(readDialog().text).toMatch(/^Your session has reached its time limit\./)
    await click(auth, 'Continue')
    expect(getDialog()).toBeNull()
    await advance(auth, 20)
    expect(getDialog()).toBeNull()
    expect(auth.getState().status).toBe('signed-in')
  })

  it('says that the server cannot be reached, and lets the user try again', async () => {
    const auth = await renderDialog(600)
    await advance(auth, 500)
    auth.browser.goOffline()
    await click(auth, 'Stay signed in')
    expect(screen.getByRole('alert').textContent).toMatch(/^Sign-in is not available/)
    act(() => auth.browser.goOnline())
    await click(auth, 'Stay signed in')
    expect(getDialog()).toBeNull()
  })

  it('lets the user sign out', async () => {
    const auth = await renderDialog(600)
    await advance(auth, 500)
    await click(auth, 'Sign out')
    expect(auth.getState()).toMatchObject({ status: 'signed-out', reason: 'signed_out' })
  })

  it('sends no request and sets no timer while the end is unknown', async () => {
    const auth = createTestAuth<User>()
    render(
      <AuthProvider client={auth}>
        <SessionTimeoutDialog />
      </AuthProvider>,
    )
    await advance(auth, 100_000)
    expect(auth.browser.requests).toEqual([])
    expect(auth.browser.timerCount()).toBe(0)
  })
})

/** @param idle seconds without use after which the session ends */
async function renderDialog(idle: number, props?: SessionTimeoutDialogProps): Promise<TestAuth<User>> {
  const auth = createTestAuth<User>({ user: cathy, idle, expiresIn: 100_000 })
  render(
    <AuthProvider client={auth}>
      <AuthGate signedOut="signed out" expired="expired">
        <SessionTimeoutDialog {...props} />
      </AuthGate>
    </AuthProvider>,
  )
  await advance(auth, 0)
  return auth
}

const advance = (auth: TestAuth<User>, seconds: number): Promise<void> =>
  act(() => auth.browser.advance(seconds * 1000))

async function click(auth: TestAuth<User>, name: string): Promise<void> {
  await act(async () => {
    fireEvent.click(screen.getByRole('button', { name }))
    await auth.browser.advance(0)
  })
}

function getDialog(): HTMLElement | null {
  return document.querySelector('dialog[open]')
}

function readDialog(): { text: string | null | undefined; timer: string | null | undefined } {
  const dialog = getDialog()
  return {
    text: dialog?.querySelector('[role=status]')?.textContent,
    timer: dialog?.querySelector('[role=timer]')?.textContent,
  }
}

/** A request of another tab, with the cookie of this browser. */
function createRequest(): Request {
  return new Request('https://app.test/auth/session', {
    headers: { 'X-Latchkey': '1', 'x-test-cookie': 'latchkey=cookie-1' },
  })
}
