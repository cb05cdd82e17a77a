import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isErrorResponse, isSessionResponse } from '@latchkey/wire'
import {
  errorResponseSchema,
  sessionResponseSchema,
  signInRequestSchema,
  tokenRequestSchema,
} from '../src/wire-schemas.ts'

const good = {
  session: { session_id: 's1', subject: 'u1', user: { name: 'Cathy' }, scope: ['read'], expires_in: 28_800 },
  token: { access_token: 'abc', token_type: 'Bearer', expires_in: 899, sequence: 3 },
  mode: 'token',
  sign_in: {
    credentials: { fields: [{ name: 'otp', label: 'Code', type: 'otp', optional: false }] },
  },
}

/** Answers near the contract: every member now and then missing, odd, or of the wrong type. */
const odd = fc.oneof(
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
const near = (value: fc.Arbitrary<unknown>) =>
  fc.oneof({ arbitrary: value, weight: 20 }, { arbitrary: odd, weight: 1 })
const signIn = fc.record(
  {
    credentials: near(
      fc.record({
        fields: near(
          fc.array(
            near(
              fc.record({
                name: near(fc.string()),
                label: near(fc.string()),
                type: near(fc.constantFrom('text', 'password', 'otp')),
                optional: near(fc.boolean()),
              }),
            ),
            { maxLength: 3 },
          ),
        ),
      }),
    ),
    redirect: near(fc.constant(true)),
    automatic: near(fc.constant(true)),
  },
  { requiredKeys: [] },
)
const answer = near(
  fc.record(
    {
      session: near(
        fc.record(
          {
            session_id: near(fc.stringMatching(/^[!-~]{1,9}$/)),
            subject: near(fc.stringMatching(/^[!-~]{1,9}$/)),
            user: near(fc.option(fc.dictionary(fc.string(), fc.jsonValue()))),
            scope: near(fc.array(near(fc.stringMatching(/^[!-~]{1,9}$/)))),
            expires_in: near(fc.option(fc.nat())),
            more: odd,
          },
          { requiredKeys: [] },
        ),
      ),
      token: near(
        fc.record(
          {
            access_token: near(fc.stringMatching(/^[\x21-\x7e]{1,20}$/)),
            token_type: near(fc.constantFrom('Bearer', 'OAuth2')),
            expires_in: near(fc.option(fc.nat())),
            sequence: near(fc.nat()),
            more: odd,
          },
          { requiredKeys: [] },
        ),
      ),
      mode: near(fc.constantFrom('token', 'proxy')),
      sign_in: near(signIn),
      more: odd,
    },
    { requiredKeys: [] },
  ),
)

describe('the guard of the browser', () => {
  it('accepts exactly what the schema accepts, and reads the same out of it', () => {
    let accepted = 0
    fc.assert(
      fc.property(answer, (body) => {
        const parsed = sessionResponseSchema.safeParse(body)
        expect(isSessionResponse(body)).toBe(parsed.success)
        if (parsed.success) {
          accepted += 1
          expect(body).toEqual(parsed.data)
        }
      }),
      { numRuns: 5000 },
    )
    // A generator that never makes a good answer would make the property empty.
    expect(accepted).toBeGreaterThan(100)
  })

  it('accepts a session with a token, a session without one, and no session', () => {
    const { token: _token, ...withoutToken } = good
    for (const body of [good, withoutToken, { ...withoutToken, session: null }])
      expect(isSessionResponse(body)).toBe(true)
  })

  it.each([[{}], [{ redirect: true }], [{ automatic: true }], [{ credentials: { fields: [] } }]])(
    'accepts %j as the ways to sign in',
    (sign_in) => {
      expect(isSessionResponse({ ...good, sign_in })).toBe(true)
    },
  )

  it.each([
    ['a page of a captive portal', '<html>'],
    ['nothing', undefined],
    ['an empty access token', { ...good, token: { ...good.token, access_token: '' } }],
    [
      'an access token that would break a header',
      { ...good, token: { ...good.token, access_token: 'a\r\nb' } },
    ],
    ['an access token with a space', { ...good, token: { ...good.token, access_token: 'a b' } }],
    ['a scheme with a space', { ...good, token: { ...good.token, token_type: 'Bearer x' } }],
    ['a sequence that counts nothing', { ...good, token: { ...good.token, sequence: -1 } }],
    ["seconds as text, which is the BFF's to read", { ...good, token: { ...good.token, expires_in: '899' } }],
    ['negative seconds', { ...good, token: { ...good.token, expires_in: -1 } }],
    ['a response without a mode', { ...good, mode: undefined }],
    ['an unknown mode', { ...good, mode: 'cookie' }],
    ['a response without ways to sign in', { ...good, sign_in: undefined }],
    ['ways to sign in that are a list', { ...good, sign_in: [] }],
    ['a session without a subject', { ...good, session: { ...good.session, subject: undefined } }],
    ['a user that is a list', { ...good, session: { ...good.session, user: [] } }],
  ])('refuses %s', (_, body) => {
    expect(isSessionResponse(body)).toBe(false)
  })
})

describe('an error answer', () => {
  it('is read as the schema lets the BFF write it', () => {
    const body = {
      error: 'challenge_required',
      error_description: 'OTP',
      retry_after: 3,
      challenge: { fields: good.sign_in.credentials.fields, id: 'c1' },
    }
    expect(errorResponseSchema.parse(body)).toEqual(body)
    expect(isErrorResponse(body)).toBe(true)
    expect(isErrorResponse({ error: 'login_required', reason: 'idle' })).toBe(true)
  })

  it('is nothing when the code is not ours: a resource server or a proxy speaks', () => {
    expect(isErrorResponse({ error: 'invalid_token' })).toBe(false)
    expect(isErrorResponse('<html>')).toBe(false)
    expect(isErrorResponse(null)).toBe(false)
  })
})

describe('the requests', () => {
  it('refuse members nobody knows and values of the wrong type', () => {
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
