// @vitest-environment happy-dom
import { createTestAuth } from '@latchkey/core/testing'
import { AuthGate, AuthProvider } from '@latchkey/react'
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { Items } from './Items.tsx'

afterEach(cleanup)

function renderItems() {
  const auth = createTestAuth({
    user: { username: 'cathy' },
    api: (request, bff) =>
      bff.acceptsToken(request) ? Response.json(['pen', 'cup']) : new Response(null, { status: 401 }),
  })
  render(
    <AuthProvider client={auth}>
      <AuthGate signedOut={<p>Sign in</p>} expired={<p>Sign in again</p>}>
        <Items />
      </AuthGate>
    </AuthProvider>,
  )
  return auth
}

it('shows the items', async () => {
  renderItems()
  expect(await screen.findByText('pen, cup')).toBeDefined()
})

it('shows them although the API rejects the first token', async () => {
  const auth = renderItems()
  auth.bff.revokeTokens()
  expect(await screen.findByText('pen, cup')).toBeDefined()
})

it('keeps the note when the session expires', async () => {
  const auth = renderItems()
  await screen.findByText('pen, cup')
  fireEvent.change(screen.getByLabelText('Note'), { target: { value: 'unsaved' } })
  await act(() => auth.expire())
  await screen.findByText('Sign in again')
  await act(() => auth.signIn({ username: 'cathy', password: 'any' }))
  expect(screen.getByLabelText<HTMLInputElement>('Note').value).toBe('unsaved')
})

it('shows the form after a sign-out', async () => {
  renderItems()
  const button = await screen.findByText('Sign out')
  await act(async () => fireEvent.click(button))
  expect(await screen.findByText('Sign in')).toBeDefined()
})
