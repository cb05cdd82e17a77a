import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answersOf, challengesOf, readBy } from './answers.ts'
import { createWatched, isDefinite } from './history.ts'
import { exported, presets } from './presets.ts'
import { runs } from './runs.ts'

/** What has come about in all histories together: a test that reaches nothing proves nothing. */
const reached = new Set<string>()

const shapes = Object.entries(presets)
  .flatMap(([name, all]) => all.map((description, index) => [`${name} ${index + 1}`, description] as const))
  .map(([name, description], turn) => [name, description, turn] as const)
const seconds = fc.constantFrom(0, 7, 30, 55, 600, 899, 3595, 3601, 20_000)

describe('bad answers of an authorization server', () => {
  it('are tried on every preset that is exported', () => {
    expect(Object.keys(presets).toSorted()).toEqual(exported.toSorted())
  })

  it.each(shapes)(
    'bring a typed error or a correct token from %s',
    { timeout: 600_000 },
    async (_, description, turn) => {
      const answers = answersOf(description)
      const history = fc.record({
        signIn: answers,
        refresh: answers,
        restore: answers,
        again: fc.oneof(answers, ...challengesOf(description).map((one) => fc.constant(one))),
        second: answers,
        signOut: answers,
      })
      const document = 'discovery' in description.token ? fc.option(answers, { freq: 6 }) : fc.constant(null)
      const pauses = fc.tuple(seconds, seconds)
      const property = fc.asyncProperty(history, document, pauses, async (said, found, [first, second]) => {
        const watched = createWatched(description, Object.values(said), found ?? undefined)
        const { session, token, error } = (await watched.signIn(said.signIn)).body
        reached.add(error ?? 'signed in')

        await watched.clock.pass(first)
        const refreshed = await watched.watched(said.refresh, () => watched.token(token?.sequence ?? 1))
        reached.add(`refresh ${refreshed.body.error ?? refreshed.status}`)
        if (refreshed.body.reason === 'refresh_rejected' || refreshed.body.reason === 'refresh_lost')
          expectDefiniteEnd()

        await watched.clock.pass(second)
        const restored = await watched.watched(said.restore, () => watched.restore())
        const [earlier, later] = [refreshed.body.token, restored.body.token]
        if (earlier && later && earlier.sequence === later.sequence) {
          if (earlier.expires_in === null) expect(later.expires_in).toBeNull()
          else expect(later.expires_in).toBeLessThanOrEqual(earlier.expires_in - second)
        }
        if (session && restored.body.session === null && refreshed.body.error !== 'login_required')
          expectDefiniteEnd()

        const { challenge } = (await watched.signIn(said.again)).body
        if (challenge) {
          reached.add('challenge')
          const more = Object.fromEntries(challenge.fields.map(({ name }) => [name, `canary-of-${name}`]))
          const credentials = { ...watched.credentials, ...more }
          const finished = await watched.signIn(said.second, { credentials, challenge: challenge.id })
          reached.add(`challenge ${finished.body.error ?? finished.status}`)
        }
        await watched.watched(said.signOut, () => watched.signOut())
        const after = await watched.watched(said.signOut, () => watched.restore())
        if (!watched.automatic) expect(after.body).toMatchObject({ session: null })
        await watched.closed()

        /** Nothing has to be said for the end of a session that nothing could refresh, or whose refresh token has one. */
        function expectDefiniteEnd(): void {
          const { refresh, response } = description
          const brought = watched.delivered
            .map((one) => readBy(one)?.['refresh_token'])
            .some((text) => typeof text === 'string' && text !== '')
          const lasting = refresh.mode !== 'none' && response?.refreshExpiry === undefined
          if (lasting && (brought || refresh.mode !== 'refresh_token'))
            expect(watched.delivered.some((one) => isDefinite(one, description))).toBe(true)
        }
      })
      await fc.assert(property, { ...runs(8, turn), interruptAfterTimeLimit: 540_000 })
    },
  )

  it('have reached what there is to reach', () => {
    expect([...reached]).toEqual(
      expect.arrayContaining([
        ...['signed in', 'invalid_credentials', 'server_error', 'temporarily_unavailable', 'access_denied'],
        ...['refresh 200', 'refresh login_required', 'challenge'],
      ]),
    )
  })
})
