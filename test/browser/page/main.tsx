import type { AuthClient } from '@latchkey/core'
import { AuthError, createAuthClient } from '@latchkey/core'
import { AuthGate, AuthProvider, useAccessToken, useAuth, useAuthorizedFetch } from '@latchkey/react'
import type { SubmitEvent } from 'react'
import { useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'

declare global {
  interface Window {
    /** Lets tests call the client directly. */
    auth: AuthClient
  }
}

window.auth = createAuthClient()

/** The render count of each part, which `data-renders` shows. */
const renders = { user: 0, token: 0, items: 0 }

function SignIn() {
  const { signIn } = useAuth()
  const [error, setError] = useState('')

  const submit = async (event: SubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    try {
      await signIn(Object.fromEntries(form) as Record<string, string>)
    } catch (cause) {
      setError(AuthError.is(cause) ? cause.code : 'unexpected')
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <p role="alert">{error}</p>
      <label>
        Username <input name="username" autoComplete="username" />
      </label>
      <label>
        Password <input name="password" type="password" autoComplete="current-password" />
      </label>
      <button type="submit">Sign in</button>
    </form>
  )
}

function User() {
  const { user, signOut } = useAuth()
  return (
    <header data-testid="user" data-renders={++renders.user}>
      <h1>Hello, {(user as { username: string } | null)?.username}</h1>
      <button type="button" onClick={() => void signOut()}>
        Sign out
      </button>
    </header>
  )
}

function Token() {
  return (
    <output data-testid="token" data-renders={++renders.token}>
      {useAccessToken()}
    </output>
  )
}

function Items() {
  const authorizedFetch = useAuthorizedFetch()
  const [items, setItems] = useState('')
  useEffect(() => {
    const load = async (): Promise<void> => setItems(await (await authorizedFetch('/api/items')).text())
    load().catch(() => setItems('failed'))
  }, [authorizedFetch])
  return (
    <pre data-testid="items" data-renders={++renders.items}>
      {items}
    </pre>
  )
}

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no element with the id "root"')

createRoot(root).render(
  <AuthProvider client={window.auth}>
    <AuthGate signedOut={<SignIn />} expired={<p role="status">Your session has ended.</p>}>
      <User />
      <Token />
      <Items />
    </AuthGate>
  </AuthProvider>,
)
