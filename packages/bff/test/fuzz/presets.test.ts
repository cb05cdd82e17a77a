import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createResponses, createChallengeResponses, parseBody } from './server-responses.ts'
import { createCheckedBff, canEndSession } from './history.ts'
import { exported, presets } from './presets.ts'
import { runs } from './runs.ts'

/** The outcomes of all histories together: a property that reaches none proves nothing. */
const reached = new Set<string>()

const cases = Object.entries(presets)
  .flatMap(([name, all]) => all.map((description, index) => [`${name} ${index + 1}`, description] as const))
  .map(([name, description], turn) => [name, description, turn] as const)
const seconds = fc.constantFrom(0, 7, 30, 55, 600, 899, 3595, 3601, 20_000)

describe('random responses of an authorization server', () => {
  it('are tried on every preset', () => {
    expect(Object.keys(presets).toSorted()).toEqual(exported.toSorted())
  })

  it.each(cases)(
    'lead to a typed error or a correct token with %s',
    { timeout: 600_000 },
    async (_, description, turn) => {
      const responses = createResponses(description)
      const history = fc.record({
        signIn: responses,
        refresh: responses,
        restore: responses,
        again: fc.oneof(
          responses,
          ...createChallengeResponses(description).map((response) => fc.constant(response)),
        ),
        secondStep: responses,
        signOut: responses,
      })
      const document =
        'discovery' in description.token ? fc.option(responses, { freq: 6 }) : fc.constant(null)
      const pauses = fc.tuple(seconds, seconds)
      const property = fc.asyncProperty(
        history,
        document,
        pauses,
        async (script, discovery, [first, second]) => {
          const bff = createCheckedBff(description, Object.values(script), discovery ?? undefined)
          const { session, token, error } = (await bff.signIn(script.signIn)).body
          reached.add(error ?? 'signed in')

          await bff.clock.pass(first)
          const refreshed = await bff.sendChecked(script.refresh, () => bff.token(token?.sequence ?? 1))
          reached.add(`refresh ${refreshed.body.error ?? refreshed.status}`)
          if (refreshed.body.reason === 'refresh_rejected' || refreshed.body.reason === 'refresh_lost')
            expectEndingResponse()

          await bff.clock.pass(second)
          const restored = await bff.sendChecked(script.restore, () => bff.restore())
          const [earlier, later] = [refreshed.body.token, restored.body.token]
          if (earlier && later && earlier.sequence === later.sequence) {
            if (earlier.expires_in === null) expect(later.expires_in).toBeNull()
            else expect(later.expires_in).toBeLessThanOrEqual(earlier.expires_in - second)
          }
          if (session && restored.body.session === null && refreshed.body.error !== 'login_required')
            expectEndingResponse()

          const { challenge } = (await bff.signIn(script.again)).body
          if (challenge) {
            reached.add('challenge')
            const fields = Object.fromEntries(challenge.fields.map(({ name }) => [name, `canary-of-${name}`]))
            const credentials = { ...bff.credentials, ...fields }
            const finished = await bff.signIn(script.secondStep, { credentials, challenge: challenge.id })
            reached.add(`challenge ${finished.body.error ?? finished.status}`)
          }
          await bff.sendChecked(script.signOut, () => bff.signOut())
          const after = await bff.sendChecked(script.signOut, () => bff.restore())
          if (!bff.isAutomatic) expect(after.body).toMatchObject({ session: null })
          await bff.close()

          /**
           * Expects a response that may end the session, unless it ends by itself: without a refresh, or with its
           * refresh token.
           */
          function expectEndingResponse(): void {
            const { refresh, response } = description
            const hasRefreshToken = bff.delivered
              .map((received) => parseBody(received)?.['refresh_token'])
              .some((text) => typeof text === 'string' && text !== '')
            const isLasting = refresh.mode !== 'none' && response?.refreshExpiry === undefined
            if (isLasting && (hasRefreshToken || refresh.mode !== 'refresh_token'))
              expect(bff.delivered.some((received) => canEndSession(received, description))).toBe(true)
          }
        },
      )
      await fc.assert(property, { ...runs(8, turn), interruptAfterTimeLimit: 540_000 })
    },
  )

  it('reach every kind of outcome', () => {
    expect([...reached]).toEqual(
      expect.arrayContaining([
        ...['signed in', 'invalid_credentials', 'server_error', 'temporarily_unavailable', 'access_denied'],
        ...['refresh 200', 'refresh login_required', 'challenge'],
      ]),
    )
  })
})
