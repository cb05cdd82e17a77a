import type { TestAuthOptions } from '@latchkey/core/testing'
import { createTestAuth } from '@latchkey/core/testing'
import { AuthProvider } from '@latchkey/react'
import type { ComponentType, ReactNode } from 'react'
import { useState } from 'react'

type Options = TestAuthOptions<{ username: string }>

/** A decorator: each story has a client of its own. `parameters.auth` has the options of `createTestAuth`. */
export function withAuth(Story: ComponentType, { parameters }: { parameters: { auth?: Options } }) {
  const { auth = { user: { username: 'cathy' } } } = parameters
  return (
    <WithClient options={auth}>
      <Story />
    </WithClient>
  )
}

function WithClient({ options, children }: { options: Options; children: ReactNode }) {
  const [client] = useState(() => createTestAuth(options))
  return <AuthProvider client={client}>{children}</AuthProvider>
}
