import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProviderDescription } from '../../src/index.ts'
import { BffError } from '../../src/index.ts'
import type { BrowserResponse } from '../support/browser.ts'
import { createTestBff } from '../support/browser.ts'
import { runs } from './runs.ts'

const tokens = {
  access_token: 'canary/of+the=access-token',
  refresh_token: 'canary/of+the=refresh-token',
  id_token: 'canary.of.the-id-token',
}

const name = fc.constantFrom(
  'data',
  'user',
  'a',
  'access_token',
  'refresh_token',
  'id_token',
  'refreshToken',
  'scope',
)
const pointer = fc.array(name, { minLength: 1, maxLength: 2 }).map((names) => `/${names.join('/')}`)
const source = fc.oneof(
  pointer,
  fc.constantFrom('header:X-Token', 'header:x-token', 'header:X-Refresh-Token'),
)
const secretText = fc.oneof(
  fc.constantFrom(...Object.values(tokens)),
  fc.constantFrom(...Object.values(tokens)).map((token) => `Bearer ${token}`),
  fc.constantFrom(...Object.values(tokens)).map((token) => encodeURIComponent(token)),
  fc.constantFrom(...Object.values(tokens)).map((token) => JSON.stringify({ token })),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    secretText,
    fc.constantFrom('Cathy', 7, true, null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(name, secretText), tie('value'), { maxKeys: 3 }),
  ),
}))

/** Bodies that hold the tokens at their usual places, in an envelope or both, and anywhere else. */
const body = fc
  .record({
    at: fc.constantFrom('root', 'data', 'both'),
    others: fc.dictionary(fc.constantFrom('user', 'a', 'refreshToken', 'scope', 'data'), value, {
      maxKeys: 4,
    }),
  })
  .map(({ at, others }) => {
    return {
      token_type: 'Bearer',
      expires_in: 900,
      ...others,
      ...(at !== 'data' && tokens),
      ...(at !== 'root' && { data: { name: 'Cathy', ...Object(others['data'] ?? {}), ...tokens } }),
    }
  })

const response = fc.record(
  {
    fields: fc.record(
      {
        access_token: fc.oneof(
          { arbitrary: fc.constantFrom('/access_token', '/data/access_token', 'header:X-Token'), weight: 3 },
          source,
        ),
        refresh_token: source,
        id_token: source,
        scope: source,
        token_type: source,
      },
      { requiredKeys: [] },
    ),
    user: pointer,
    extraUserFields: fc.array(name, { maxLength: 2 }),
  },
  { requiredKeys: [] },
)

const createDescription = (options: unknown): ProviderDescription => ({
  id: 'own',
  client: { id: 'portal', secret: 's3cret' },
  token: { url: 'https://as.example.com/token' },
  grants: { password: {}, refresh_token: {} },
  refresh: { mode: 'refresh_token' },
  response: { defaultTokenType: 'Bearer', ...Object(options) },
})

describe('the wire', () => {
  it('carries no refresh token and no ID Token, and in proxy mode no access token, whatever the description is', async () => {
    const counts = { rejected: 0, signedIn: 0 }
    const property = fc.asyncProperty(response, body, async (options, tokenBody) => {
      const headers = { 'X-Token': tokens.access_token, 'X-Refresh-Token': tokens.refresh_token }
      const reply = (): Response => Response.json(tokenBody, { headers })
      const inTokenMode = createBffOrNull(options, 'token', reply)
      const inProxyMode = createBffOrNull(options, 'proxy', reply)
      if (inTokenMode === null || inProxyMode === null) {
        counts.rejected += 1
        return
      }
      const signedIn = await inTokenMode.signIn()
      const accessToken = signedIn.body.token?.access_token
      if (accessToken === tokens.access_token) counts.signedIn += 1
      expectWithout([signedIn, await inTokenMode.restore()], [tokens.refresh_token, tokens.id_token])
      expectWithout(
        [await inProxyMode.signIn(), await inProxyMode.restore()],
        [
          tokens.refresh_token,
          tokens.id_token,
          ...(accessToken === tokens.access_token ? [accessToken] : []),
        ],
      )
    })
    await fc.assert(property, runs(1000))
    expect(counts.rejected).toBeGreaterThan(50)
    expect(counts.signedIn).toBeGreaterThan(30)
  })
})

function expectWithout(responses: BrowserResponse[], secrets: string[]): void {
  const wire = responses.map(({ text, headers }) => text + JSON.stringify([...headers])).join()
  for (const secret of secrets)
    for (const form of [secret, encodeURIComponent(secret)]) expect(wire).not.toContain(form)
}

function createBffOrNull(options: unknown, mode: 'token' | 'proxy', reply: () => Response) {
  try {
    return createTestBff(reply, { provider: createDescription(options), mode })
  } catch (error) {
    if (error instanceof BffError) return null
    throw error
  }
}
