import { createBff } from '@latchkey/bff'
import { axosoft } from '@latchkey/bff/providers'

const { AXOSOFT_SITE: site = '', CLIENT_ID: clientId = '', CLIENT_SECRET: clientSecret = '' } = process.env

export const bff = createBff({
  provider: axosoft({ site, clientId, clientSecret }),
  proxy: [{ path: '/api/*', to: `${site}/api/v6/*`, methods: ['GET', 'POST'] }],
})

/** Fetches from the API for the user of a request, while the server renders: through the BFF, without the network. */
export function fetchApi(request: Request, path: string): Promise<Response> {
  const headers = { 'X-Latchkey': '1', Cookie: request.headers.get('Cookie') ?? '' }
  return bff.fetch(new Request(new URL(path, request.url), { headers, signal: request.signal }))
}
