/** What the app needs to know about a provider. */
export interface Provider {
  /** As users know it. */
  readonly label: string
  /** The function of `@latchkey/bff/providers`. */
  readonly preset: string
  /** The options of the preset that the app sets, each from an environment variable. */
  readonly options: readonly string[]
  /** The base URL of the API, as an example. */
  readonly apiUrl: string
}

const siteClient = ['site', 'clientId', 'clientSecret']
const exampleApi = 'https://api.example.com'

/** The presets, and `oidc`. */
export type ProviderName =
  | 'axosoft'
  | 'auth0'
  | 'azureV1'
  | 'brightPattern'
  | 'classSuper'
  | 'classy'
  | 'djangoOAuthToolkit'
  | 'doorkeeper'
  | 'fusionAuth'
  | 'glewlwyd'
  | 'jamf'
  | 'keycloak'
  | 'laravelPassport'
  | 'netatmo'
  | 'podio'
  | 'reddit'
  | 'salesforce'
  | 'sugarCrm'
  | 'wso2'
  | 'oauth2'
  | 'oidc'

/** Every preset of `@latchkey/bff/providers`, and `oidc`: the preset `oauth2` with discovery. */
export const providers: Readonly<Record<ProviderName, Provider>> = {
  axosoft: create('axosoft', 'Axosoft', siteClient, 'https://acct.axosoft.com/api/v6'),
  auth0: create('auth0', 'Auth0', ['domain', 'clientId', 'clientSecret'], exampleApi),
  azureV1: create('azureV1', 'Azure (v1.0)', ['tenant', 'clientId', 'clientSecret', 'resource'], exampleApi),
  brightPattern: create('brightPattern', 'Bright Pattern', ['tenant'], 'https://tenant.brightpattern.com'),
  classSuper: create('classSuper', 'Class', ['business', 'scope'], 'https://api.class.com.au/api/1.0'),
  classy: create('classy', 'Classy', ['clientId', 'clientSecret'], 'https://api.classy.org/2.0'),
  djangoOAuthToolkit: create('djangoOAuthToolkit', 'Django OAuth Toolkit', siteClient, exampleApi),
  doorkeeper: create('doorkeeper', 'Doorkeeper', siteClient, exampleApi),
  fusionAuth: create('fusionAuth', 'FusionAuth', siteClient, exampleApi),
  glewlwyd: create('glewlwyd', 'Glewlwyd', ['issuer', 'scope', 'clientId', 'clientSecret'], exampleApi),
  jamf: create('jamf', 'Jamf Pro', ['site'], 'https://acct.jamfcloud.com/api'),
  keycloak: create('keycloak', 'Keycloak', ['site', 'realm', 'clientId', 'clientSecret'], exampleApi),
  laravelPassport: create('laravelPassport', 'Laravel Passport', siteClient, exampleApi),
  netatmo: create('netatmo', 'Netatmo', ['clientId', 'clientSecret', 'scope'], 'https://api.netatmo.com/api'),
  podio: create('podio', 'Podio', ['clientId', 'clientSecret'], 'https://api.podio.com'),
  reddit: create('reddit', 'Reddit', ['clientId', 'clientSecret', 'userAgent'], 'https://oauth.reddit.com'),
  salesforce: create('salesforce', 'Salesforce', ['clientId', 'clientSecret'], exampleApi),
  sugarCrm: create('sugarCrm', 'SugarCRM', ['site', 'platform'], 'https://acct.sugarondemand.com/rest/v11'),
  wso2: create('wso2', 'WSO2', ['tokenEndpoint', 'clientId', 'clientSecret'], exampleApi),
  oauth2: create(
    'oauth2',
    'another OAuth 2.0 server',
    ['tokenEndpoint', 'clientId', 'clientSecret'],
    exampleApi,
  ),
  oidc: create(
    'oauth2',
    'another server with OpenID Connect discovery',
    ['issuer', 'clientId', 'clientSecret'],
    exampleApi,
  ),
}

/** The names in the order of the question. */
export const providerNames = Object.keys(providers) as readonly ProviderName[]

/** Whether the browser gets the access token, or only the session cookie. */
export type Mode = 'proxy' | 'token'

export const modes: readonly Mode[] = ['proxy', 'token']

function create(preset: string, label: string, options: string[], apiUrl: string): Provider {
  return { preset, label, options, apiUrl }
}
