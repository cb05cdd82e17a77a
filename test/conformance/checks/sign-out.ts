import type { Exchange } from '../../support/bff-client.ts'
import type { Check } from '../check.ts'
import { demand, Impossible, isIssued, said, sessionFrom } from '../finding.ts'
import { metadataOf } from '../metadata.ts'
import type { SignedIn } from '../check-context.ts'
import { refreshDirectly } from '../check-context.ts'
import { providerFor, waysOf } from '../client-auth-method.ts'

export const signOut: Check = {
  name: 'sign out',
  async run(scene) {
    await leave(await scene.signedIn())
    return undefined
  },
}

export const revoke: Check = {
  name: 'revoke',
  lacks: ({ revokeUrl, discoveryUrl }) =>
    revokeUrl === null && discoveryUrl === null && 'there is neither REVOKE_URL nor DISCOVERY_URL',
  async run(scene) {
    const { server } = scene
    const metadata = server.discoveryUrl === null ? {} : await metadataOf(server)
    const revocationEndpoint = server.revokeUrl ?? metadata['revocation_endpoint']
    if (typeof revocationEndpoint !== 'string')
      throw new Impossible('there is no REVOKE_URL, and discovery names no revocation endpoint')
    const change = { revocationEndpoint }
    const signedIn = await scene.signedIn(scene.visit(scene.provider(change)))
    await leave(signedIn)

    const { refresh_token: refreshToken, access_token: accessToken } = signedIn.exchange.body
    const revocations = revocationsOf(signedIn)
    const [revocation] = revocations
    demand(
      revocation !== undefined && revocations.length === 1,
      'the sign-out was not exactly one revocation',
    )
    demand(revocation.form.get('token') === (refreshToken ?? accessToken), 'another token was given back')
    const { status } = revocation
    if (status === null && server.revokeUrl === null)
      throw new Impossible('discovery names a revocation endpoint that does not answer')
    if (status === 401 || status === 400)
      for (const other of await waysOf(server)) {
        const again = await scene.signedIn(scene.visit(providerFor(server, other, change)))
        await leave(again)
        if (revocationsOf(again).some((one) => one.status === 200))
          throw new Impossible(
            `the revocation endpoint said ${said(revocation)}; it knows the client by ${other.name}`,
          )
      }
    demand(status !== null && status < 300, `the revocation endpoint said ${said(revocation)}`)
    if (typeof refreshToken !== 'string') return 'the access token, as there is no refresh token'
    const after = await refreshDirectly(signedIn.exchange, refreshToken)
    demand(!isIssued(after), 'the server takes the refresh token that was given back')
    return undefined
  },
}

function revocationsOf({ visit }: SignedIn): Exchange[] {
  return visit.exchanges().filter(({ form }) => form.has('token'))
}

/** Signs out, and demands that the session is gone. */
async function leave({ visit }: SignedIn): Promise<void> {
  for (const time of ['first', 'second']) {
    const { status } = await visit.send('DELETE', '/session')
    demand(status === 204, `the ${time} sign-out is answered ${status}`)
    const { session } = await sessionFrom(await visit.send('GET', '/session'))
    demand(session === null, `the session is restored after the ${time} sign-out`)
  }
  await visit.close()
}
