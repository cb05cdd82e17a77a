import type { ProviderDescription } from '@latchkey/bff'
import { createBff } from '@latchkey/bff'
import { toNodeListener } from '@latchkey/bff/node'
import { oauth2 } from '@latchkey/bff/providers'
import { cathy, workItems } from '@latchkey/sandbox'
import { startHttpServer } from '../third-party-servers/third-party-server.ts'
import type { FrontServer } from './front-server.ts'
import { startFrontServer } from './front-server.ts'
import type { Files } from './pages.ts'
import { basePath, cathyOnAxosoft } from './test-pages.ts'

/** The code that {@link loginPageWithCode} takes. */
export const rightCode = '123456'

export interface CodeOptions {
  /** What a code comes with: what the server gave at the first request (`carried`), or everything typed `again`. */
  readonly how?: 'carried' | 'again'
  /** Seconds that the first token lives; there is no refresh. */
  readonly firstLifetime?: number
}

/** The example in front of a server that asks for a one-time code beside the password. */
export async function loginPageWithCode(
  files: Files,
  { how = 'carried', firstLifetime = 900 }: CodeOptions = {},
): Promise<FrontServer & { readonly tokenRequests: readonly URLSearchParams[] }> {
  const tokenRequests: URLSearchParams[] = []
  let lifetime = firstLifetime
  const server = await startHttpServer(
    toNodeListener({
      owns: () => true,
      fetch: async (request) => {
        const form = new URLSearchParams(await request.text())
        tokenRequests.push(form)
        const answer = tokenAnswer(form, lifetime)
        if (answer.ok) lifetime = 900
        return answer
      },
    }),
  )
  const base = oauth2({
    tokenEndpoint: `${server.url}/token`,
    clientId: 'portal',
    scope: ['read'],
    user: '/data',
  })
  const fields = { otp: { label: 'Code', type: 'otp' } } as const
  const provider: ProviderDescription = {
    ...base,
    grants: { ...base.grants, 'mfa-otp': { clientAuth: 'none' } },
    errors: {
      challenges: [
        how === 'carried'
          ? { when: { code: 'mfa_required' }, fields, forward: { mfa_token: '/mfa_token' }, grant: 'mfa-otp' }
          : { when: { code: 'mfa_required' }, fields, grant: 'password' },
      ],
    },
  }
  const front = await startFrontServer({
    files,
    bffs: (around) => [createBff({ ...around, basePath, provider })],
    api: () => Response.json({ data: workItems }),
  })
  return {
    ...front,
    tokenRequests,
    close: async () => {
      await front.close()
      await server.close()
    },
  }
}

function tokenAnswer(form: URLSearchParams, expires_in: number): Response {
  const isCathy =
    form.get('mfa_token') === 'first-was-right' ||
    (form.get('username') === cathy.username && form.get('password') === cathy.password)
  if (!isCathy) return Response.json({ error: 'invalid_grant' }, { status: 400 })
  switch (form.get('otp')) {
    case rightCode:
      return Response.json({ access_token: 'a', token_type: 'Bearer', expires_in, data: cathyOnAxosoft })
    case null:
      return Response.json({ error: 'mfa_required', mfa_token: 'first-was-right' }, { status: 403 })
    default:
      return Response.json({ error: 'invalid_grant' }, { status: 403 })
  }
}
