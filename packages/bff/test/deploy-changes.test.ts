import { describe, expect, it } from 'vitest'
import type { BffOptions } from '../src/index.ts'
import { memoryStore } from '../src/index.ts'
import { oauth2 } from '../src/providers/index.ts'
import { createClock, createSecondBff, createTestBff } from './support/browser.ts'
import { revokedAt, rotating } from './support/token-endpoint.ts'

const createProvider = (tokenEndpoint = 'https://as.example.com/token', clientId = 'portal') =>
  oauth2({
    tokenEndpoint,
    clientId,
    clientSecret: 's3cret',
    revocationEndpoint: 'https://as.example.com/revoke',
  })
const oldSecret = 'o'.repeat(32)
const newSecret = 'n'.repeat(32)

/** Signs in at a BFF with some options, and opens the session at one with others, after a deploy. */
async function deploy(before: Partial<BffOptions>, after: Partial<BffOptions>) {
  const clock = createClock()
  const store = { ...memoryStore({ now: clock.now }), isVolatile: false }
  const first = createTestBff(rotating(), { provider: createProvider(), ...before, store }, clock)
  await first.signIn()
  await first.bff.close()
  const second = createSecondBff(first, { provider: createProvider(), ...after, store })
  const { body } = await second.restore()
  await second.bff.close()
  const changes = second.log.filter((line) => line.startsWith('Configuration changed'))
  return { isKept: body.session !== null, changes, revoked: revokedAt(first.endpoint), store, first, second }
}

describe('a deploy', () => {
  it('that changes nothing keeps sessions, and says nothing', async () => {
    expect(await deploy({}, {})).toMatchObject({ isKept: true, changes: [], revoked: [] })
  })

  it('that spells the address with a slash at its end keeps sessions', async () => {
    const provider = createProvider('https://as.example.com/token/')
    expect(await deploy({}, { provider })).toMatchObject({ isKept: true, changes: [] })
  })

  it('that changes the address ends sessions, says so, and revokes their tokens on the same host', async () => {
    const provider = createProvider('https://as.example.com/v2/token')
    const { isKept, changes, revoked } = await deploy({}, { provider })
    expect(isKept).toBe(false)
    expect(changes).toEqual([expect.stringMatching(/as\.example\.com\/token".*as\.example\.com\/v2\/token"/)])
    expect(revoked).toEqual(['refresh-1'])
  })

  it('that moves to another host does not send it tokens of the earlier one, and says so', async () => {
    const provider = createProvider('https://other.example.com/token')
    const { isKept, revoked, second } = await deploy({}, { provider })
    expect([isKept, revoked]).toEqual([false, []])
    expect(second.log.join()).toContain('not revoked: they are of another host')
  })

  it('that changes the client id says that refreshes will be rejected', async () => {
    const { isKept, changes } = await deploy({}, { provider: createProvider(undefined, 'other') })
    expect(isKept).toBe(true)
    expect(changes).toEqual([expect.stringContaining('client id')])
  })

  it('that replaces the secret ends sessions and says so', async () => {
    const { isKept, changes } = await deploy({ secret: oldSecret }, { secret: newSecret })
    expect(isKept).toBe(false)
    expect(changes).toEqual([expect.stringContaining('list the new one first and the old one second')])
    expect(changes.join()).not.toContain(oldSecret)
  })

  it('that adds a secret in front of the old one keeps sessions and says nothing', async () => {
    expect(await deploy({ secret: oldSecret }, { secret: [newSecret, oldSecret] })).toMatchObject({
      isKept: true,
      changes: [],
    })
  })

  it('of a change that another process has reported says nothing', async () => {
    const { first, store } = await deploy({ secret: oldSecret }, { secret: newSecret })
    const third = createSecondBff(first, { provider: createProvider(), secret: newSecret, store })
    await third.restore()
    await third.bff.close()
    expect(third.log.filter((line) => line.startsWith('Configuration changed'))).toEqual([])
  })
})

it('a secret is rotated over two processes in three deploys, without the end of a session', async () => {
  const clock = createClock()
  const store = { ...memoryStore({ now: clock.now }), isVolatile: false }
  const provider = createProvider()
  const start = createTestBff(rotating(), { provider, secret: oldSecret, store }, clock)
  const id = (await start.signIn()).body.session?.session_id
  let sequence = 1
  // In each deploy, one process is replaced after the other, and both serve the session meanwhile.
  const deploys = [[oldSecret], [oldSecret, newSecret], [newSecret, oldSecret], [newSecret]]
  for (const [index, after] of deploys.entries()) {
    const before = deploys[Math.max(0, index - 1)] ?? []
    for (const secrets of [
      [after, before],
      [before, after],
      [after, after],
    ])
      for (const secret of secrets) {
        const { token } = createSecondBff(start, { provider, secret, store })
        await start.clock.pass(901)
        const { body } = await token(sequence, id)
        expect(body.token?.sequence).toBe((sequence += 1))
      }
  }
})
