import type { Bff, SessionState } from '@latchkey/bff'
import { createBff } from '@latchkey/bff'
import { embeddedStore } from '@latchkey/bff/embedded'
import { axosoft } from '@latchkey/bff/providers'
import { headers } from 'next/headers'

let bff: Bff | undefined

/** Creates the BFF with the first request, because `next build` loads this module where no credentials are. */
export function getBff(): Bff {
  const { AXOSOFT_SITE: site = '', CLIENT_ID: clientId = '', CLIENT_SECRET: clientSecret = '' } = process.env
  bff ??= createBff({
    provider: axosoft({ site, clientId, clientSecret }),
    origin: getOrigin(),
    store: embeddedStore({ path: '.latchkey/sessions' }),
  })
  return bff
}

/** Reads the session of the request that is rendered. */
export async function getSession(): Promise<SessionState> {
  const Cookie = (await headers()).get('Cookie') ?? ''
  return getBff().session(new Request(getOrigin(), { headers: { Cookie } }))
}

function getOrigin(): string {
  return process.env['ORIGIN'] ?? 'http://localhost:3000'
}
