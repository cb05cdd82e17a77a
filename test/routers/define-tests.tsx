import type { AuthClient } from '@latchkey/core'
import { createFakeBff } from '@latchkey/core/testing'
import { act, cleanup, configure, fireEvent, render, screen } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import type { ComponentType } from 'react'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'

// Milliseconds, for a machine that is busy with other work.
configure({ asyncUtilTimeout: 20_000 })

/** Defines what every router must do, for the application of an example. */
export function defineTests(importApp: () => Promise<{ App: ComponentType }>): void {
  // Mock Service Worker loses cookies.
  const bff = createFakeBff({ cookies: false })
  const server = setupServer(
    http.all('/auth/*', ({ request }) => bff.fetch(request)),
    http.get('/api/items', ({ request }) =>
      bff.acceptsToken(request) ? HttpResponse.json(['pen', 'cup']) : new HttpResponse(null, { status: 401 }),
    ),
  )
  let auth: AuthClient

  /** Opens a page in a new document: modules are evaluated again. */
  const openPage = async (path: string): Promise<void> => {
    vi.resetModules()
    history.replaceState(null, '', path)
    ;({ auth } = await import('./src/auth.ts'))
    const { App } = await importApp()
    render(<App />)
  }
  const signIn = async (): Promise<void> => {
    fireEvent.change(await screen.findByLabelText('Username'), { target: { value: 'cathy' } })
    fireEvent.change(screen.getByLabelText('Password'), { target: { value: 'pw' } })
    fireEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  }

  beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
  afterEach(() => {
    cleanup()
    auth.dispose()
    bff.endSessions()
    localStorage.clear()
  })
  afterAll(() => server.close())

  it('sends a visitor to the login page, and after the sign-in to the page that was requested', async () => {
    await openPage('/items?page=2')
    await screen.findByLabelText('Username')
    expect(location.pathname).toBe('/login')
    await signIn()
    await screen.findByText('pen, cup')
    expect(location.pathname + location.search).toBe('/items?page=2')
  })

  it('shows a signed-in user the page, and the login page as soon as the user has signed out', async () => {
    bff.startSession('cathy')
    await openPage('/items')
    fireEvent.click(await screen.findByRole('button', { name: 'Sign out' }))
    await screen.findByLabelText('Username')
    expect(screen.queryByText('pen, cup')).toBeNull()
    await expect.poll(() => location.pathname).toBe('/login')
  })

  it('keeps the page and what the user has entered when the session expires', async () => {
    bff.startSession('cathy')
    await openPage('/items')
    await screen.findByText('pen, cup')
    fireEvent.change(screen.getByLabelText('Note'), { target: { value: 'unsaved' } })
    bff.endSessions('idle')
    await act(() => auth.getAccessToken({ forceRefresh: true }).catch(() => {}))
    expect(auth.getState().status).toBe('expired')
    await signIn()
    await expect.poll(() => auth.getState().status).toBe('signed-in')
    expect(location.pathname).toBe('/items')
    expect(screen.getByLabelText<HTMLInputElement>('Note').value).toBe('unsaved')
  })

  it('does not follow an address of another site', async () => {
    await openPage('/login?returnTo=%2F%5Cevil.example')
    await signIn()
    await expect.poll(() => location.href).toBe(`${location.origin}/`)
  })
}
