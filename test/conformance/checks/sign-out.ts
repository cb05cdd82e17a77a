import type { Exchange } from '../../support/bff-client.ts'
import type { Check } from '../check.ts'
import { assertHolds, CheckSkippedError, isIssued, describeExchange, sessionFrom } from '../finding.ts'
import { metadataOf } from '../metadata.ts'
import type { SignedIn } from '../check-context.ts'
import { refreshDirectly } from '../check-context.ts'
import { providerFor, listClientAuthMethods } from '../client-auth-method.ts'

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
      throw new CheckSkippedError('there is no REVOKE_URL, and discovery names no revocation endpoint')
    const change = { revocationEndpoint }
    const signedIn = await scene.signedIn(scene.visit(scene.provider(change)))
    await leave(signedIn)

    const { refresh_token: refreshToken, access_token: accessToken } = signedIn.exchange.body
    const revocations = revocationsOf(signedIn)
    const [revocation] = revocations
    assertHolds(
      revocation !== undefined && revocations.length === 1,
      'the sign-out was not exactly one revocation',
    )
    assertHolds(
      revocation.form.get('token') === (refreshToken ?? accessToken),
      'another token was given back',
    )
    const { status } = revocation
    if (status === null && server.revokeUrl === null)
      throw new CheckSkippedError('discovery names a revocation endpoint that does not answer')
    if (status === 401 || status === 400)
      for (const other of await listClientAuthMethods(server)) {
        const again = await scene.signedIn(scene.visit(providerFor(server, other, change)))
        await leave(again)
        if (revocationsOf(again).some((one) => one.status === 200))
          throw new CheckSkippedError(
            `the revocation endpoint said ${describeExchange(revocation)}; it knows the client by ${other.name}`,
          )
      }
    assertHolds(
      status !== null && status < 300,
      `the revocation endpoint said ${describeExchange(revocation)}`,
    )
    if (typeof refreshToken !== 'string') return 'the access token, as there is no refresh token'
    const after = await refreshDirectly(signedIn.exchange, refreshToken)
    assertHolds(!isIssued(after), 'the server takes the refresh token that was given back')
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
    assertHolds(status === 204, `the ${time} sign-out is answered ${status}`)
    const { session } = await sessionFrom(await visit.send('GET', '/session'))
    assertHolds(session === null, `the session is restored after the ${time} sign-out`)
  }
  await visit.close()
}
