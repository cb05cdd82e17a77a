import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peers } from '../peers/all.ts'
import type { Peer } from '../peers/peer.ts'
import { checks } from './checks.ts'
import { runCheck } from './run-check.ts'
import type { Way } from './way.ts'
import { waysOf } from './way.ts'

/** The checks that a server has no part in; it is held to all others. */
const missing: Record<string, string[]> = {
  'oidc-provider': [],
  '@node-oauth/oauth2-server': ['the token opens userinfo', 'discovery', 'revoke'],
  Glewlwyd: [],
}

describe.for(peers)('a BFF in front of $name', ({ name, start }) => {
  let peer: Peer
  let ways: Way[]

  beforeAll(async () => {
    peer = await start()
    ways = await waysOf(peer)
  }, 30_000)
  afterAll(async () => {
    await peer.stop()
  })

  it.each(checks)('passes: $name', async (check) => {
    const wanted = missing[name]?.includes(check.name) ? 'skipped' : 'ok'
    for (const way of ways) {
      const { outcome, note } = await runCheck(check, peer, way)
      expect({ way: way.name, outcome, note }).toEqual({ way: way.name, outcome: wanted, note })
    }
  })

  it('is spoken to in every way that it knows, whatever is in the client secret', async () => {
    expect(ways.map((way) => way.name)).toEqual(['basic', 'post'])
    const other = await start({ clientSecret: 's3cr+t %:&' })
    try {
      const [signIn] = checks
      for (const way of await waysOf(other))
        expect(await runCheck(signIn as (typeof checks)[number], other, way)).toEqual({
          outcome: 'ok',
          note: '',
        })
    } finally {
      await other.stop()
    }
  })
})
