import type { ProviderDescription } from '../description/provider-description.ts'
import {
  createChoiceOption,
  definePresetOptions,
  secretOption,
  siteOption,
  slugOption,
  textOption,
} from './option-values.ts'
import type { Secret } from '../secret.ts'

/** The options of {@link sugarCrm}. */
export interface SugarCrmOptions {
  /** The URL of the instance, for example `https://acct.sugarondemand.com`. */
  site: string
  /**
   * The name of a platform that you registered in Sugar. A user has one session per platform: a sign-in on `base` signs
   * the user out of Sugar itself.
   */
  platform: string
  /** The OAuth key; `sugar` when absent, which every instance has. */
  clientId?: string
  /** The secret of the OAuth key; none when absent. */
  clientSecret?: Secret
  /** The version in the API's URLs; `v11` when absent. */
  version?: string
  /**
   * The header that carries the token; `Authorization` when absent. Releases before Fall '18 need `OAuth-Token` and
   * proxy mode.
   */
  header?: 'Authorization' | 'OAuth-Token'
}

/** The options of {@link sugarCrm}, and how they are checked. */
export const sugarCrmOptions = definePresetOptions<SugarCrmOptions>(
  'sugarCrm',
  { site: siteOption, platform: slugOption },
  {
    clientId: textOption,
    clientSecret: secretOption,
    version: slugOption,
    header: createChoiceOption('Authorization', 'OAuth-Token'),
  },
)

/**
 * Describes SugarCRM. Requests are JSON, there are no scopes, and a refresh token is valid for one use and two weeks.
 *
 * Sources: Sugar Developer Guide, "/oauth2/token POST" and "How to Authenticate and Log Out".
 *
 * @throws BffError `server_error` whose message names every option that is wrong, and what would be right
 * @example
 *   sugarCrm({ site: 'https://acct.sugarondemand.com', platform: 'portal' })
 */
export function sugarCrm(options: SugarCrmOptions): ProviderDescription {
  const {
    site,
    platform,
    clientId = 'sugar',
    clientSecret,
    version = 'v11',
    header,
  } = sugarCrmOptions.parse(options)
  const restUrl = `${site}/rest/${version}`
  const usesBearer = header !== 'OAuth-Token'
  const authMethod = {
    encoding: 'json' as const,
    clientAuth: clientSecret === undefined ? ('none' as const) : ('post' as const),
    params: { platform },
  }
  return {
    id: 'sugar-crm',
    label: 'Sugar',
    client: { id: clientId, ...(clientSecret !== undefined && { secret: clientSecret }) },
    token: { url: `${restUrl}/oauth2/token` },
    grants: { password: authMethod, refresh_token: authMethod },
    response: { refreshExpiry: [{ from: '/refresh_expires_in', as: 'seconds' }] },
    errors: {
      description: ['/error_message'],
      // At a sign-in this code means a wrong password.
      map: [{ code: 'need_login', during: 'refresh', outcome: 'session_ended' }],
    },
    refresh: { mode: 'refresh_token' },
    resource: {
      baseUrls: [`${restUrl}/`],
      tokenPlacement: usesBearer ? {} : { header: 'OAuth-Token', scheme: '' },
    },
    ...(usesBearer && { revocation: { url: `${restUrl}/oauth2/logout`, auth: 'bearer' as const } }),
  }
}
