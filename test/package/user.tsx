// The code of a user. tarball.test.ts compiles it against the packed packages.
import { createBff } from '@latchkey/bff'
import { embeddedStore } from '@latchkey/bff/embedded'
import { toNodeListener } from '@latchkey/bff/node'
import { axosoft } from '@latchkey/bff/providers'
import { latchkey } from '@latchkey/bff/vite'
import { AuthError, createAuthClient } from '@latchkey/core'
import { AuthGate, AuthProvider, useAccessToken, useAuth } from '@latchkey/react'
import { createServer } from 'node:http'
import type { ReactNode } from 'react'
import type { Plugin } from 'vite'
import { z } from 'zod'

const provider = axosoft({ site: 'https://acct.axosoft.com', clientId: 'id', clientSecret: 'secret' })
const bff = createBff({ provider, store: embeddedStore({ path: '.latchkey/sessions' }) })
export const server = createServer(toNodeListener(bff))
export const plugins: Plugin[] = latchkey({ entry: './server/auth.ts' })

export const auth = createAuthClient({ user: z.object({ name: z.string() }) })
export const isSignInRequired = (error: unknown): boolean =>
  error instanceof AuthError && error.code === 'login_required'

function Portal(): ReactNode {
  const token: string | null = useAccessToken()
  return <p>{useAuth().status + String(token)}</p>
}

export const app = (
  <AuthProvider client={auth}>
    <AuthGate restoring={<p>…</p>} signedOut={<p>Sign in</p>} expired={<p>Sign in again</p>}>
      <Portal />
    </AuthGate>
  </AuthProvider>
)
