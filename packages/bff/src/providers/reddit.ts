import type { ProviderDescription } from '../description/provider-description.ts'
import { trimOption } from './option-values.ts'

/** What {@link reddit} needs to know. */
export interface RedditOptions {
  clientId: string
  clientSecret: string
  /** Names the application as Reddit asks: `web:com.example.app:v1.2 (by /u/name)`. Others are slowed down or refused. */
  userAgent: string
  /** What is asked for; everything when absent. */
  scope?: string[]
  /** Whether all who sign in use two-factor authentication, so that the page asks for a code as well. */
  otp?: boolean
}

/**
 * Reddit, for applications of the type "script" and the users registered as their developers: errors with status 200,
 * no refresh token.
 *
 * Sources: reddit-archive/reddit wiki, "OAuth2" and "OAuth2 Quick Start Example"; praw-dev/prawcore, prawcore/auth.py;
 * for two-factor authentication, PRAW's "Authenticating via OAuth".
 */
export function reddit({
  clientId,
  clientSecret,
  userAgent,
  scope,
  otp,
}: RedditOptions): ProviderDescription {
  const headers = { 'User-Agent': trimOption(userAgent) }
  return {
    id: 'reddit',
    label: 'Reddit',
    client: { id: trimOption(clientId), secret: trimOption(clientSecret) },
    login: {
      fields: {
        username: { label: 'Username', type: 'text' },
        password: { label: 'Password', type: 'password' },
        ...(otp === true && { otp: { label: 'Six-digit code', type: 'otp' as const } }),
      },
    },
    token: { url: 'https://www.reddit.com/api/v1/access_token' },
    grants: {
      password: {
        headers,
        ...(otp === true && { params: { password: '{password}:{otp}' } }),
        scope: { default: scope ?? [] },
      },
    },
    errors: {
      map: [
        {
          status: 401,
          outcome: 'configuration_error',
          hint: 'the client id or the client secret is refused; is the application of the type "script"?',
        },
      ],
    },
    refresh: { mode: 'none' },
    resource: { baseUrls: ['https://oauth.reddit.com/'], headers },
    revocation: { url: 'https://www.reddit.com/api/v1/revoke_token' },
  }
}
