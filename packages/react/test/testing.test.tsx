import { act, fireEvent, render, screen } from '@testing-library/react'
import { AuthError } from '@latchkey/core'
import type { TestAuth } from '@latchkey/core/testing'
import { createTestAuth } from '@latchkey/core/testing'
import { AuthGate, AuthProvider, useAccessToken, useAuth } from '@latchkey/react'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { afterEach, expect, it, vi } from 'vitest'
import './support/setup.tsx'
import type { User } from './support/user.ts'
import { cathy } from './support/user.ts'

const print = vi.spyOn(console, 'error')
afterEach(() => {
  expect(print).not.toHaveBeenCalled()
})

it('createTestAuth renders a signed-in user and a token, where the DOM is simulated', async () => {
  const auth = createTestAuth({ user: cathy })
  renderApp(auth)
  expect(screen.getByText('Cathy has no token')).toBeDefined()
  expect(await screen.findByText('Cathy has session-1.token-1')).toBeDefined()
})

it('createTestAuth rejects a wrong password, and signs in with the right one', async () => {
  const auth = createTestAuth<User>({
    users: { cathy: 'correct horse' },
    createUser: () => cathy,
  })
  renderApp(auth)
  await submitPassword('wrong')
  expect(screen.getByRole('alert').textContent).toBe('invalid_credentials')
  await submitPassword('correct horse')
  expect(await screen.findByText('Cathy has session-1.token-1')).toBeDefined()
})

it('createTestAuth expires a session and keeps the page for the same user', async () => {
  const auth = createTestAuth({ user: cathy })
  renderApp(auth)
  const note = screen.getByLabelText('note')
  await act(() => auth.expire())
  await submitPassword('any')
  expect(screen.getByLabelText('note')).toBe(note)
})

it('createTestAuth sends requests to the API on the page of the test environment', async () => {
  const urls: string[] = []
  const auth = createTestAuth({
    user: cathy,
    api: ({ url }) => {
      urls.push(url)
      return Response.json([])
    },
  })
  await auth.fetch('/api/items')
  await auth.fetch(new URL('/api/items', location.href))
  expect(urls).toEqual([`${location.origin}/api/items`, `${location.origin}/api/items`])
  expect(location.origin).toBe('http://localhost:3000')
})

function renderApp(auth: TestAuth<User>): void {
  render(
    <AuthProvider client={auth}>
      <AuthGate signedOut={<SignIn />} expired={<SignIn />}>
        <Name />
        <input aria-label="note" />
      </AuthGate>
    </AuthProvider>,
  )
}

async function submitPassword(password: string): Promise<void> {
  await act(async () => {
    fireEvent.change(screen.getByLabelText('password'), { target: { value: password } })
    fireEvent.click(screen.getByRole('button'))
  })
}

function Name(): ReactNode {
  return <p>{`${useAuth().user?.first_name} has ${useAccessToken() ?? 'no token'}`}</p>
}

function SignIn(): ReactNode {
  const { signIn } = useAuth()
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const submit = async (): Promise<void> => {
    await signIn({ username: 'cathy', password }).catch((error: unknown) => {
      setCode(AuthError.is(error) ? error.code : '')
    })
  }
  return (
    <>
      <input aria-label="password" value={password} onChange={({ target }) => setPassword(target.value)} />
      <button onClick={() => void submit()}>Sign in</button>
      <p role="alert">{code}</p>
    </>
  )
}
