import type { Exchange } from '../../support/bff-client.ts'
import type { Check } from '../check.ts'
import { assertHolds, CheckSkippedError, describeExchange, hasToken, readSession } from '../finding.ts'
import { fetchMetadata } from '../metadata.ts'
import type { SignedInClient } from '../check-context.ts'
import { refreshDirectly } from '../check-context.ts'
import { createProvider, listClientAuthMethods } from '../client-auth-method.ts'

export const signOut: Check = {
  name: 'sign out',
  async run(context) {
    await checkSignOut(await context.signIn())
    return undefined
  },
}

export const revoke: Check = {
  name: 'revoke',
  getSkipReason: ({ revokeUrl, discoveryUrl }) =>
    revokeUrl === null && discoveryUrl === null && 'REVOKE_URL and DISCOVERY_URL are empty',
  async run(context) {
    const { server } = context
    const metadata = server.discoveryUrl === null ? {} : await fetchMetadata(server)
    const revocationEndpoint = server.revokeUrl ?? metadata['revocation_endpoint']
    if (typeof revocationEndpoint !== 'string')
      throw new CheckSkippedError(
        'REVOKE_URL is empty, and the discovery document names no revocation endpoint',
      )
    const change = { revocationEndpoint }
    const signedIn = await context.signIn(context.createBffClient(context.createProvider(change)))
    await checkSignOut(signedIn)

    const { refresh_token: refreshToken, access_token: accessToken } = signedIn.exchange.body
    const revocations = listRevocations(signedIn)
    const [revocation] = revocations
    assertHolds(
      revocation !== undefined && revocations.length === 1,
      `the sign-out sent ${revocations.length} revocation requests. Expected: 1`,
    )
    assertHolds(
      revocation.form.get('token') === (refreshToken ?? accessToken),
      'the sign-out revoked another token than that of the session',
    )
    const { status } = revocation
    const summary = describeExchange(revocation, 'the revocation endpoint')
    if (status === null && server.revokeUrl === null)
      throw new CheckSkippedError(`${summary}; its URL is from the discovery document`)
    if (status === 401 || status === 400)
      for (const method of await listClientAuthMethods(server)) {
        const provider = createProvider(server, method, change)
        const signedInAgain = await context.signIn(context.createBffClient(provider))
        await checkSignOut(signedInAgain)
        if (listRevocations(signedInAgain).some((exchange) => exchange.status === 200))
          throw new CheckSkippedError(`${summary}; it accepts the client with ${method.name}`)
      }
    assertHolds(status !== null && status < 300, summary)
    if (typeof refreshToken !== 'string') return 'revoked the access token: there is no refresh token'
    const reuse = await refreshDirectly(signedIn.exchange, refreshToken)
    assertHolds(!hasToken(reuse), 'the server still accepts the revoked refresh token')
    return undefined
  },
}

function listRevocations({ bffClient }: SignedInClient): Exchange[] {
  return bffClient.exchanges().filter(({ form }) => form.has('token'))
}

/** Signs out twice, and checks that the session has ended. */
async function checkSignOut({ bffClient }: SignedInClient): Promise<void> {
  for (const ordinal of ['first', 'second']) {
    const { status } = await bffClient.send('DELETE', '/session')
    assertHolds(status === 204, `the BFF responded to the ${ordinal} sign-out with ${status}. Expected: 204`)
    const { session } = await readSession(await bffClient.send('GET', '/session'))
    assertHolds(session === null, `the BFF still restores the session after the ${ordinal} sign-out`)
  }
  await bffClient.close()
}
