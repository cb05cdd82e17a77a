import { createClientReader } from '../authorization-server/client-reader.ts'
import { createAuthorizationServer } from '../authorization-server/authorization-server.ts'
import type { ConnectionFailure } from '../authorization-server/connection-failure.ts'
import type { TokenResult } from '../authorization-server/token-result.ts'
import type { Logger } from '../log.ts'
import type { Provider } from '../description/provider-description.ts'
import { getGrant } from '../description/provider-description.ts'
import { createTokenRevoker } from '../authorization-server/revocation.ts'
import type { HttpResponse } from '../authorization-server/http-client.ts'
import type { DoctorContext } from './doctor-context.ts'
import { createRecordingClient } from './doctor-context.ts'

/** The response to a probe. `result` is `null` when the probe requested no token. */
export interface ProbeResult {
  response: HttpResponse | ConnectionFailure
  result: TokenResult | null
}

/** A request that signs no user in: apart from the client, everything in it is made up. */
export interface Probe {
  /** The name of its grant, or `revocation`. */
  kind: string
  /** Whether the server issues a machine token in response. */
  issuesToken: boolean
  /** @param provider the configured one, or one with other client credentials */
  send(context: DoctorContext, provider: Provider): Promise<ProbeResult>
}

const notSent: ConnectionFailure = { wasSent: false, hint: 'no request was sent' }
const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} }

/** Returns the probe with the fewest effects: a refresh with a made-up token, or else a made-up sign-in. */
export function createTokenProbe(provider: Provider): Probe {
  const { grants, refresh } = provider
  return refresh.mode === 'refresh_token' && grants['refresh_token']
    ? { kind: 'refresh_token', issuesToken: false, send: probeRefresh }
    : createSignInProbe(provider)
}

/** Signs in a user that does not exist, which shows whether the server accepts the client where other probes do not. */
export function createSignInProbe({ login, signInGrant }: Provider): Probe {
  return { kind: signInGrant, issuesToken: login.mode === 'automatic', send: probeSignIn }
}

/** Runs the sign-in grant: with made-up credentials, or without any where it issues a machine token. */
export function probeSignIn(context: DoctorContext, provider: Provider): Promise<ProbeResult> {
  const { scope } = getGrant(provider, provider.signInGrant)
  return sendProbe(context, provider, (server) =>
    server.signIn(createFakeCredentials(context, provider), scope.default),
  )
}

/** Revokes a made-up token. Servers respond with 200 unless they reject the client (RFC 7009 §2.2). */
export const revocationProbe: Probe = {
  kind: 'revocation',
  issuesToken: false,
  async send(context, provider) {
    const { config, platform, httpClient, results } = context
    const recordingClient = createRecordingClient(httpClient)
    const resolveEndpoints = async () => results.endpoints ?? { token: '', revocation: null, metadata: null }
    const revokeTokens = createTokenRevoker({
      provider,
      resolveEndpoints,
      httpClient: recordingClient,
      clientReader: createClientReader(provider, config.resolvedOptions.timeout, platform, silentLogger),
      platform,
      logger: silentLogger,
    })
    await revokeTokens({ accessToken: createFakeToken(context), refreshToken: createFakeToken(context) })
    return { response: recordingClient.responses.at(-1) ?? notSent, result: null }
  },
}

/** Creates a text that no server has issued, and that the operator of the server can recognize in its log. */
function createFakeToken({ platform }: Pick<DoctorContext, 'platform'>): string {
  return `latchkey-doctor-${Buffer.from(platform.randomBytes(12)).toString('hex')}`
}

function probeRefresh(context: DoctorContext, provider: Provider): Promise<ProbeResult> {
  const tokens = { accessToken: 'none', refreshToken: createFakeToken(context), requestedScope: [] }
  return sendProbe(context, provider, (server) => server.refresh(tokens))
}

async function sendProbe(
  { config, platform, httpClient, results }: DoctorContext,
  provider: Provider,
  runGrant: (server: ReturnType<typeof createAuthorizationServer>) => Promise<{ result: TokenResult }>,
): Promise<ProbeResult> {
  const recordingClient = createRecordingClient(httpClient)
  const server = createAuthorizationServer({
    // The server rejects the made-up refresh token, and no other grant may follow.
    provider: { ...provider, refresh: { ...provider.refresh, fallback: 'sign-in' } },
    resolveEndpoints: async () => results.endpoints ?? { token: '', revocation: null, metadata: null },
    httpClient: recordingClient,
    clientReader: createClientReader(provider, config.resolvedOptions.timeout, platform, silentLogger),
    hooks: config.options.hooks ?? {},
    // A made-up grant issues nothing to revoke.
    revoke: () => {},
    platform,
    logger: silentLogger,
  })
  const { result } = await runGrant(server)
  // Later requests fetch the user.
  return { response: recordingClient.responses[0] ?? notSent, result }
}

function createFakeCredentials(context: DoctorContext, { login }: Provider): Record<string, string> {
  return Object.fromEntries(Object.keys(login.fields).map((name) => [name, createFakeToken(context)]))
}
