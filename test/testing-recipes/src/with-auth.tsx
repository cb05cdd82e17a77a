import type { TestAuthOptions } from '@latchkey/core/testing'
import { createTestAuth } from '@latchkey/core/testing'
import { AuthGate, AuthProvider } from '@latchkey/react'
import type { Decorator } from '@storybook/react'
import type { ReactNode } from 'react'
import { useState } from 'react'

type Options = TestAuthOptions<{ username: string }>

/** A decorator: each story has a client of its own. `parameters.auth` has the options of `createTestAuth`. */
export const withAuth: Decorator = (Story, { parameters }) => {
  const { auth = { user: { username: 'cathy' } } } = parameters as { auth?: Options }
  return (
    <WithClient options={auth}>
      <Story />
    </WithClient>
  )
}

function WithClient({ options, children }: { options: Options; children: ReactNode }) {
  const [client] = useState(() => createTestAuth(options))
  return (
    <AuthProvider client={client}>
      <AuthGate signedOut={<p>Sign in</p>}>{children}</AuthGate>
    </AuthProvider>
  )
}
