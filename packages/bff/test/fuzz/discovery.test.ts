import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEndpointResolver } from '../../src/authorization-server/discovery.ts'
import { BffError } from '../../src/errors.ts'
import { nodePlatform } from '../../src/platform.ts'
import { parseProvider } from '../../src/description/provider-description.ts'
import { oauth2 } from '../../src/providers/index.ts'
import { createHttpClient } from '../../src/authorization-server/http-client.ts'
import { createTestLogger, createTestBff } from '../support/browser.ts'
import { json } from '../support/token-endpoint.ts'
import { oddValue } from './server-responses.ts'
import { runs } from './runs.ts'

const issuer = 'https://as.example.com/realm'

/** The endpoints that a discovery document leads to, or the error. */
async function resolveEndpoints(body: string, discovery = issuer) {
  const provider = parseProvider({ ...oauth2({ issuer }), token: { discovery, issuer } })
  const platform = { ...nodePlatform, fetch: async () => new Response(body) }
  const logger = createTestLogger()
  const resolve = createEndpointResolver(provider, createHttpClient(platform, 5), platform, logger)
  return resolve().catch((error: unknown) => {
    if (error instanceof BffError) return error
    throw error
  })
}

const url = fc.oneof(
  fc.webUrl().map((text) => JSON.stringify(text)),
  fc
    .constantFrom(
      ...[
        'https://as.example.com//token',
        'http://as.example.com/token',
        'https://localhost/token',
        '/token',
      ],
      ...[
        'http://127.0.0.1:8080/token',
        'https://127.1/token',
        'https://2130706433/token',
        'https://[::1]/token',
      ],
      ...[
        'https://0.0.0.0/token',
        'https://0/token',
        'https://[::]/token',
        'https://[::ffff:127.0.0.1]/token',
      ],
      ...[
        'https://localhost./token',
        'https://a.localhost/token',
        'https://LOCALHOST/token',
        'file:///etc/passwd',
      ],
      ...[
        'https://u:p@as.example.com/token',
        'https://as.example.com/token#x',
        'javascript:alert(1)',
        'https://[::ffff:0:0]/',
      ],
    )
    .map((text) => JSON.stringify(text)),
  oddValue,
)

const document = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: fc.constant(JSON.stringify(issuer)) }, { weight: 1, arbitrary: url }),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant('"https://as.example.com/token"') },
      { weight: 7, arbitrary: url },
    ),
    fc.array(
      fc.tuple(
        fc.constantFrom(
          ...[
            'revocation_endpoint',
            'jwks_uri',
            'grant_types_supported',
            '__proto__',
            'constructor',
            'issuer',
          ],
          ...['token_endpoint', 'id_token_signing_alg_values_supported'],
        ),
        url,
      ),
      { maxLength: 4 },
    ),
  )
  .map(([named, token, others]) => {
    const members = [['issuer', named], ['token_endpoint', token], ...others]
    return `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`
  })

/** Whether a request to this URL would stay on this machine or be sent in the clear. */
function isUnsafe(text: string): boolean {
  const { protocol, hostname } = new URL(text)
  return protocol !== 'https:' || /localhost\.?$|^(127|0)\.|^\[::/.test(hostname)
}

describe('a random discovery document', () => {
  it('leads to a safe endpoint, or to a typed error', async () => {
    let resolvedCount = 0
    const body = fc.oneof(
      { weight: 8, arbitrary: document },
      { weight: 1, arbitrary: oddValue },
      { weight: 1, arbitrary: fc.string() },
    )
    const property = fc.asyncProperty(body, async (text) => {
      const endpoints = await resolveEndpoints(text)
      if (endpoints instanceof BffError) {
        expect(['server_error', 'temporarily_unavailable']).toContain(endpoints.code)
        return
      }
      resolvedCount += 1
      const { token, revocation, metadata } = endpoints
      for (const endpoint of [token, revocation, metadata?.jwks_uri])
        if (typeof endpoint === 'string') expect(isUnsafe(endpoint)).toBe(false)
    })
    await fc.assert(property, runs(100))
    expect(resolvedCount).toBeGreaterThan(0)
  }, 600_000)

  it.each(['null', '"password"', '7', '{}', '[null]'])('may list its grants as %s', async (grants) => {
    const metadata = { issuer, token_endpoint: 'https://as.example.com/token' }
    const text = JSON.stringify(metadata).replace('}', `,"grant_types_supported":${grants}}`)
    expect(await resolveEndpoints(text)).toMatchObject({ token: 'https://as.example.com/token' })
  })

  it('is fetched from token.discovery, even when token.issuer names another host', async () => {
    const description = oauth2({ issuer })
    const token = { discovery: 'https://inside.example.com/realm', issuer: 'http://as.example.com' }
    const { signIn, endpoint } = createTestBff(json({}), { provider: { ...description, token } })
    await signIn()
    expect(endpoint.requests.map(({ url: requested }) => requested.href)).toEqual([
      'https://inside.example.com/realm/.well-known/openid-configuration',
    ])
  })
})
