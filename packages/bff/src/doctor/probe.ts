import { createAuthorizationServer } from '../authorization-server/authorization-server.ts'
import type { Judgement } from '../authorization-server/token-result.ts'
import type { Logger } from '../log.ts'
import type { Provider } from '../description/provider-description.ts'
import { grantNamed } from '../description/provider-description.ts'
import { createRevocation } from '../authorization-server/revocation.ts'
import type { UpstreamAnswer, UpstreamFailure } from '../authorization-server/http-client.ts'
import type { Examination } from './doctor-context.ts'
import { noting } from './doctor-context.ts'

/** What came of one request; the judgement only where a token was asked for. */
export interface Probed {
  answer: UpstreamAnswer | UpstreamFailure
  judgement: Judgement | null
}

/** A request that signs nobody in: what it shows is made up, but for the client. */
export interface Probe {
  /** The grant that it runs, or `revocation`. */
  kind: string
  /** Whether a token of the application comes of it. */
  issues: boolean
  /** Sends it as this provider says, which may differ from the configured one in its client. */
  send(examination: Examination, provider: Provider): Promise<Probed>
}

const unasked: UpstreamFailure = { sent: false, why: 'nothing was asked' }
const silent: Logger = { info: () => {}, warn: () => {}, error: () => {} }

/** The best question for a token endpoint: about a refresh token, else about the application, else about nobody. */
export function tokenProbe(provider: Provider): Probe {
  const { grants, refresh, login, primary } = provider
  const name = refresh.mode === 'refresh_token' && grants['refresh_token'] ? 'refresh_token' : primary
  return {
    kind: name,
    issues: name !== 'refresh_token' && login.mode === 'automatic',
    send: name === 'refresh_token' ? showRefreshToken : signIn,
  }
}

/** Signs nobody in, or the application. */
export function signIn(examination: Examination, provider: Provider): Promise<Probed> {
  const { scope } = grantNamed(provider, provider.primary)
  return sent(examination, provider, (server) => server.signIn(nobody(examination, provider), scope.default))
}

/** Gives back a token that nobody has; a server says nothing but yes to that, unless it refuses the client. RFC 7009 §2.2. */
export const revocationProbe: Probe = {
  kind: 'revocation',
  issues: false,
  async send(examination, provider) {
    const { platform, upstream, learnt } = examination
    const noted = noting(upstream)
    const endpoints = async () => learnt.endpoints ?? { token: '', revocation: null, metadata: null }
    const giveBack = createRevocation(provider, endpoints, noted, platform, silent)
    await giveBack({ accessToken: madeUp(examination), refreshToken: madeUp(examination) })
    return { answer: noted.answers.at(-1) ?? unasked, judgement: null }
  },
}

/** Something that the server has never seen, and that tells its operator who asked. */
function madeUp({ platform }: Pick<Examination, 'platform'>): string {
  return `latchkey-doctor-${Buffer.from(platform.randomBytes(12)).toString('hex')}`
}

function showRefreshToken(examination: Examination, provider: Provider): Promise<Probed> {
  const held = { accessToken: 'none', refreshToken: madeUp(examination), askedScope: [] }
  return sent(examination, provider, (server) => server.refresh(held))
}

async function sent(
  { platform, upstream, learnt }: Examination,
  provider: Provider,
  ask: (server: ReturnType<typeof createAuthorizationServer>) => Promise<{ judgement: Judgement }>,
): Promise<Probed> {
  const noted = noting(upstream)
  const server = createAuthorizationServer({
    // A made-up refresh token is refused, and that must be the end of it.
    provider: { ...provider, refresh: { ...provider.refresh, whenMissing: 'sign-in' } },
    endpoints: async () => learnt.endpoints ?? { token: '', revocation: null, metadata: null },
    upstream: noted,
    hooks: {},
    platform,
    logger: silent,
  })
  const { judgement } = await ask(server)
  // What comes after the first asks about the user.
  return { answer: noted.answers[0] ?? unasked, judgement }
}

function nobody(examination: Examination, { login }: Provider): Record<string, string> {
  return Object.fromEntries(Object.keys(login.fields).map((name) => [name, madeUp(examination)]))
}
