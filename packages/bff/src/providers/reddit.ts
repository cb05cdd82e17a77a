import type { ProviderDescription } from '../description/provider-description.ts'
import {
  definePresetOptions,
  flagOption,
  headerOption,
  scopeOption,
  secretOption,
  textOption,
} from './option-values.ts'
import type { Secret } from '../secret.ts'

/** The options of {@link reddit}. */
export interface RedditOptions {
  /** The client id. */
  clientId: string
  /** The client secret. */
  clientSecret: Secret
  /**
   * The header `User-Agent` in Reddit's form, `web:com.example.app:v1.2 (by /u/name)`; Reddit delays or rejects others.
   */
  userAgent: string
  /** The scope that a sign-in requests; everything when absent. */
  scope?: string[]
  /** Adds a field for a two-factor code, which every user must fill in; `false` when absent. */
  otp?: boolean
}

/** The options of {@link reddit}, and how they are checked. */
export const redditOptions = definePresetOptions<RedditOptions>(
  'reddit',
  { clientId: textOption, clientSecret: secretOption, userAgent: headerOption },
  { scope: scopeOption, otp: flagOption },
)

/**
 * Describes Reddit, for applications of the type "script" and the users registered as their developers. Errors have
 * status 200, and there is no refresh token.
 *
 * Sources: reddit-archive/reddit wiki, "OAuth2" and "OAuth2 Quick Start Example"; praw-dev/prawcore, prawcore/auth.py;
 * for two-factor authentication, PRAW's "Authenticating via OAuth".
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   reddit({
 *     clientId: process.env.CLIENT_ID ?? '',
 *     clientSecret: process.env.CLIENT_SECRET ?? '',
 *     userAgent: 'web:com.example.portal:v1.0 (by /u/example)',
 *   })
 */
export function reddit(options: RedditOptions): ProviderDescription {
  const { clientId, clientSecret, userAgent, scope = [], otp = false } = redditOptions.parse(options)
  const headers = { 'User-Agent': userAgent }
  return {
    id: 'reddit',
    label: 'Reddit',
    client: { id: clientId, secret: clientSecret },
    login: {
      fields: {
        username: { label: 'Username', type: 'text' },
        password: { label: 'Password', type: 'password' },
        ...(otp && { otp: { label: 'Six-digit code', type: 'otp' as const } }),
      },
    },
    token: { url: 'https://www.reddit.com/api/v1/access_token' },
    grants: {
      password: {
        headers,
        ...(otp && { params: { password: '{password}:{otp}' } }),
        scope: { default: scope },
      },
    },
    errors: {
      map: [
        {
          status: 401,
          outcome: 'configuration_error',
          hint: 'Reddit rejected the client id or the client secret. Check them, and that the application is of the type "script"',
        },
      ],
    },
    refresh: { mode: 'none' },
    resource: { baseUrls: ['https://oauth.reddit.com/'], headers },
    revocation: { url: 'https://www.reddit.com/api/v1/revoke_token' },
  }
}
