import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isErrorResponse, isSessionResponse, loginRequiredReasons } from '@latchkey/wire'
import {
  errorResponseSchema,
  sessionResponseSchema,
  signInRequestSchema,
  tokenRequestSchema,
} from '../src/wire-schemas.ts'

const sessionResponse = {
  session: { session_id: 's1', subject: 'u1', user: { name: 'Cathy' }, scope: ['read'], expires_in: 28_800 },
  token: { access_token: 'abc', token_type: 'Bearer', expires_in: 899, sequence: 3 },
  mode: 'token',
  sign_in: {
    credentials: { fields: [{ name: 'otp', label: 'Code', type: 'otp', optional: false }] },
  },
}

/** Values that are wrong for most members. */
const oddValue = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    '',
    'x',
    'a b',
    '3600',
    'é',
    0,
    -0,
    -1,
    1.5,
    1e12,
    1e300,
    NaN,
    Infinity,
    true,
    [],
    ['read'],
    ['read', 1],
    {},
    { a: 1 },
  ),
  fc.anything(),
)
/** Generates a value, and now and then one of the wrong type. */
const mostly = (value: fc.Arbitrary<unknown>) =>
  fc.oneof({ arbitrary: value, weight: 20 }, { arbitrary: oddValue, weight: 1 })
const signInMethods = fc.record(
  {
    credentials: mostly(
      fc.record({
        fields: mostly(
          fc.array(
            mostly(
              fc.record({
                name: mostly(fc.string()),
                label: mostly(fc.string()),
                type: mostly(fc.constantFrom('text', 'password', 'otp')),
                optional: mostly(fc.boolean()),
              }),
            ),
            { maxLength: 3 },
          ),
        ),
      }),
    ),
    redirect: mostly(fc.constant(true)),
    automatic: mostly(fc.constant(true)),
  },
  { requiredKeys: [] },
)
const responseBody = mostly(
  fc.record(
    {
      session: mostly(
        fc.record(
          {
            session_id: mostly(fc.stringMatching(/^[!-~]{1,9}$/)),
            subject: mostly(fc.stringMatching(/^[!-~]{1,9}$/)),
            user: mostly(fc.option(fc.dictionary(fc.string(), fc.jsonValue()))),
            scope: mostly(fc.array(mostly(fc.stringMatching(/^[!-~]{1,9}$/)))),
            expires_in: mostly(fc.option(fc.nat())),
            unknown: oddValue,
          },
          { requiredKeys: [] },
        ),
      ),
      token: mostly(
        fc.record(
          {
            access_token: mostly(fc.stringMatching(/^[\x21-\x7e]{1,20}$/)),
            token_type: mostly(fc.constantFrom('Bearer', 'OAuth2')),
            expires_in: mostly(fc.option(fc.nat())),
            sequence: mostly(fc.nat()),
            unknown: oddValue,
          },
          { requiredKeys: [] },
        ),
      ),
      mode: mostly(fc.constantFrom('token', 'proxy')),
      sign_in: mostly(signInMethods),
      reason: mostly(fc.constantFrom(undefined, ...loginRequiredReasons)),
      unknown: oddValue,
    },
    { requiredKeys: [] },
  ),
)

describe('isSessionResponse', () => {
  it('accepts exactly the bodies that the schema accepts', () => {
    let acceptedCount = 0
    fc.assert(
      fc.property(responseBody, (body) => {
        const parsed = sessionResponseSchema.safeParse(body)
        expect(isSessionResponse(body)).toBe(parsed.success)
        if (parsed.success) {
          acceptedCount += 1
          expect(body).toEqual(parsed.data)
        }
      }),
      { numRuns: 5000 },
    )
    // Without valid bodies the property would test nothing.
    expect(acceptedCount).toBeGreaterThan(100)
  })

  it('accepts a session with a token, a session without one, and no session', () => {
    const { token: _token, ...withoutToken } = sessionResponse
    for (const body of [sessionResponse, withoutToken, { ...withoutToken, session: null }])
      expect(isSessionResponse(body)).toBe(true)
  })

  it.each([[{}], [{ redirect: true }], [{ automatic: true }], [{ credentials: { fields: [] } }]])(
    'accepts the sign-in methods %j',
    (sign_in) => {
      expect(isSessionResponse({ ...sessionResponse, sign_in })).toBe(true)
    },
  )

  it.each([
    ['the page of a captive portal', '<html>'],
    ['undefined', undefined],
    ['an empty access token', { ...sessionResponse, token: { ...sessionResponse.token, access_token: '' } }],
    [
      'an access token with a line break',
      { ...sessionResponse, token: { ...sessionResponse.token, access_token: 'a\r\nb' } },
    ],
    [
      'an access token with a space',
      { ...sessionResponse, token: { ...sessionResponse.token, access_token: 'a b' } },
    ],
    [
      'a scheme with a space',
      { ...sessionResponse, token: { ...sessionResponse.token, token_type: 'Bearer x' } },
    ],
    ['a negative sequence', { ...sessionResponse, token: { ...sessionResponse.token, sequence: -1 } }],
    ['seconds as text', { ...sessionResponse, token: { ...sessionResponse.token, expires_in: '899' } }],
    ['negative seconds', { ...sessionResponse, token: { ...sessionResponse.token, expires_in: -1 } }],
    ['a response without a mode', { ...sessionResponse, mode: undefined }],
    ['an unknown mode', { ...sessionResponse, mode: 'cookie' }],
    ['a response without sign-in methods', { ...sessionResponse, sign_in: undefined }],
    ['sign-in methods that are a list', { ...sessionResponse, sign_in: [] }],
    [
      'a session without a subject',
      { ...sessionResponse, session: { ...sessionResponse.session, subject: undefined } },
    ],
    ['a user that is a list', { ...sessionResponse, session: { ...sessionResponse.session, user: [] } }],
  ])('rejects %s', (_, body) => {
    expect(isSessionResponse(body)).toBe(false)
  })
})

describe('isErrorResponse', () => {
  it('accepts what the schema accepts', () => {
    const body = {
      error: 'challenge_required',
      error_description: 'OTP',
      retry_after: 3,
      challenge: { fields: sessionResponse.sign_in.credentials.fields, id: 'c1' },
    }
    expect(errorResponseSchema.parse(body)).toEqual(body)
    expect(isErrorResponse(body)).toBe(true)
    expect(isErrorResponse({ error: 'login_required', reason: 'idle' })).toBe(true)
  })

  it('rejects codes that are not of the BFF, as resource servers and proxies send them', () => {
    expect(isErrorResponse({ error: 'invalid_token' })).toBe(false)
    expect(isErrorResponse('<html>')).toBe(false)
    expect(isErrorResponse(null)).toBe(false)
  })
})

describe('the request schemas', () => {
  it('reject unknown members and values of the wrong type', () => {
    expect(signInRequestSchema.safeParse({ credentials: { username: 'a', password: 'b' } }).success).toBe(
      true,
    )
    expect(signInRequestSchema.safeParse({ credentials: { username: 'a' }, pasword: 'b' }).success).toBe(
      false,
    )
    expect(signInRequestSchema.safeParse({ credentials: { username: 1 } }).success).toBe(false)
    expect(tokenRequestSchema.safeParse({ session_id: 's', after: 0 }).success).toBe(true)
    expect(tokenRequestSchema.safeParse({ session_id: 's', after: -1 }).success).toBe(false)
  })
})
