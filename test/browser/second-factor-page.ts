import type { ProviderDescription } from '@latchkey/bff'
import { createBff } from '@latchkey/bff'
import { toNodeListener } from '@latchkey/bff/node'
import { oauth2 } from '@latchkey/bff/providers'
import { cathy, workItems } from '@latchkey/sandbox'
import { startHttpServer } from '../third-party-servers/third-party-server.ts'
import { toHandle } from '../support/to-handle.ts'
import type { FrontServer } from './front-server.ts'
import { startFrontServer } from './front-server.ts'
import type { SiteFiles } from './pages.ts'
import { basePath, cathyOnAxosoft } from './test-pages.ts'

/** The one-time code that the server accepts. */
export const validCode = '123456'

/** The lifetime of the tokens, in seconds. There are no refresh tokens. */
export const tokenLifetime = 900

export interface CodePageOptions {
  /** What the BFF sends with the code: the server's `mfa_token`, or the credentials again. */
  readonly continuation?: 'mfa_token' | 'credentials'
}

/** Starts the login page with a server that requires a one-time code besides the password. */
export async function startLoginPageWithCode(
  files: SiteFiles,
  { continuation = 'mfa_token' }: CodePageOptions = {},
): Promise<FrontServer & { readonly tokenRequests: readonly URLSearchParams[] }> {
  const tokenRequests: URLSearchParams[] = []
  const tokenServer = await startHttpServer(
    toNodeListener({
      owns: () => true,
      handle: toHandle(async (request) => {
        const form = new URLSearchParams(await request.text())
        tokenRequests.push(form)
        return createTokenResponse(form)
      }),
    }),
  )
  const oauth2Provider = oauth2({
    tokenEndpoint: `${tokenServer.url}/token`,
    clientId: 'portal',
    scope: ['read'],
    user: '/data',
  })
  const fields = { otp: { label: 'One-time code', type: 'otp' } } as const
  const provider: ProviderDescription = {
    ...oauth2Provider,
    grants: { ...oauth2Provider.grants, 'mfa-otp': { clientAuth: 'none' } },
    errors: {
      challenges: [
        continuation === 'mfa_token'
          ? { when: { code: 'mfa_required' }, fields, forward: { mfa_token: '/mfa_token' }, grant: 'mfa-otp' }
          : { when: { code: 'mfa_required' }, fields, grant: 'password' },
      ],
    },
  }
  const front = await startFrontServer({
    files,
    createBffs: (environment) => [createBff({ ...environment, basePath, provider })],
    api: () => Response.json({ data: workItems }),
  })
  return {
    ...front,
    tokenRequests,
    close: async () => {
      await front.close()
      await tokenServer.close()
    },
  }
}

function createTokenResponse(form: URLSearchParams): Response {
  const isCathy =
    form.get('mfa_token') === 'mfa-token-1' ||
    (form.get('username') === cathy.username && form.get('password') === cathy.password)
  if (!isCathy) return Response.json({ error: 'invalid_grant' }, { status: 400 })
  switch (form.get('otp')) {
    case validCode:
      return Response.json({
        access_token: 'a',
        token_type: 'Bearer',
        expires_in: tokenLifetime,
        data: cathyOnAxosoft,
      })
    case null:
      return Response.json({ error: 'mfa_required', mfa_token: 'mfa-token-1' }, { status: 403 })
    default:
      return Response.json({ error: 'invalid_grant' }, { status: 403 })
  }
}
