import { createAuthorizationServer } from '../authorization-server/authorization-server.ts'
import type { TokenResult } from '../authorization-server/token-result.ts'
import type { Logger } from '../log.ts'
import type { Provider } from '../description/provider-description.ts'
import { getGrant } from '../description/provider-description.ts'
import { createTokenRevoker } from '../authorization-server/revocation.ts'
import type { HttpResponse, UpstreamFailure } from '../authorization-server/http-client.ts'
import type { DoctorContext } from './doctor-context.ts'
import { createRecordingClient } from './doctor-context.ts'

/** What came of one request; the result only where a token was asked for. */
export interface ProbeResult {
  response: HttpResponse | UpstreamFailure
  result: TokenResult | null
}

/** A request that signs nobody in: what it shows is made up, but for the client. */
export interface Probe {
  /** The grant that it runs, or `revocation`. */
  kind: string
  /** Whether a token of the application comes of it. */
  issues: boolean
  /** Sends it as this provider says, which may differ from the configured one in its client. */
  send(context: DoctorContext, provider: Provider): Promise<ProbeResult>
}

const notSent: UpstreamFailure = { wasSent: false, hint: 'nothing was asked' }
const silent: Logger = { info: () => {}, warn: () => {}, error: () => {} }

/** The best question for a token endpoint: about a refresh token, else about the application, else about nobody. */
export function createTokenProbe(provider: Provider): Probe {
  const { grants, refresh, login, signInGrant } = provider
  const name = refresh.mode === 'refresh_token' && grants['refresh_token'] ? 'refresh_token' : signInGrant
  return {
    kind: name,
    issues: name !== 'refresh_token' && login.mode === 'automatic',
    send: name === 'refresh_token' ? probeRefresh : probeSignIn,
  }
}

/** Signs nobody in, or the application. */
export function probeSignIn(context: DoctorContext, provider: Provider): Promise<ProbeResult> {
  const { scope } = getGrant(provider, provider.signInGrant)
  return sendProbe(context, provider, (server) =>
    server.signIn(createFakeCredentials(context, provider), scope.default),
  )
}

/** Gives back a token that nobody has; a server says nothing but yes to that, unless it refuses the client. RFC 7009 §2.2. */
export const revocationProbe: Probe = {
  kind: 'revocation',
  issues: false,
  async send(context, provider) {
    const { platform, httpClient, results } = context
    const recording = createRecordingClient(httpClient)
    const resolveEndpoints = async () => results.endpoints ?? { token: '', revocation: null, metadata: null }
    const revokeTokens = createTokenRevoker(provider, resolveEndpoints, recording, platform, silent)
    await revokeTokens({ accessToken: createFakeToken(context), refreshToken: createFakeToken(context) })
    return { response: recording.answers.at(-1) ?? notSent, result: null }
  },
}

/** Something that the server has never seen, and that tells its operator who asked. */
function createFakeToken({ platform }: Pick<DoctorContext, 'platform'>): string {
  return `latchkey-doctor-${Buffer.from(platform.randomBytes(12)).toString('hex')}`
}

function probeRefresh(context: DoctorContext, provider: Provider): Promise<ProbeResult> {
  const held = { accessToken: 'none', refreshToken: createFakeToken(context), requestedScope: [] }
  return sendProbe(context, provider, (server) => server.refresh(held))
}

async function sendProbe(
  { platform, httpClient, results }: DoctorContext,
  provider: Provider,
  ask: (server: ReturnType<typeof createAuthorizationServer>) => Promise<{ result: TokenResult }>,
): Promise<ProbeResult> {
  const recording = createRecordingClient(httpClient)
  const server = createAuthorizationServer({
    // A made-up refresh token is refused, and that must be the end of it.
    provider: { ...provider, refresh: { ...provider.refresh, fallback: 'sign-in' } },
    resolveEndpoints: async () => results.endpoints ?? { token: '', revocation: null, metadata: null },
    httpClient: recording,
    hooks: {},
    platform,
    logger: silent,
  })
  const { result } = await ask(server)
  // What comes after the first asks about the user.
  return { response: recording.answers[0] ?? notSent, result }
}

function createFakeCredentials(context: DoctorContext, { login }: Provider): Record<string, string> {
  return Object.fromEntries(Object.keys(login.fields).map((name) => [name, createFakeToken(context)]))
}
