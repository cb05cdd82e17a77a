import type { ProviderDescription } from '../../src/index.ts'
import * as providers from '../../src/providers/index.ts'

/** The names of all presets. */
export const exported: string[] = Object.entries(providers)
  .filter(([, value]) => typeof value === 'function')
  .map(([name]) => name)

export const secretCanary = 'canary-of-the-client-secret'

const client = { clientId: 'portal', clientSecret: secretCanary }
const site = 'https://acct.example.com'

/** Every preset with different options, the usual ones first. */
export const presets: Record<string, ProviderDescription[]> = {
  auth0: [providers.auth0({ ...client, domain: 'acme.eu.auth0.com', scope: ['openid', 'offline_access'] })],
  axosoft: [
    providers.axosoft({ ...client, site }),
    providers.axosoft({ ...client, site, method: 'POST', scope: ['read', 'write'] }),
  ],
  azureV1: [
    providers.azureV1({ ...client, tenant: 'contoso', resource: 'https://contoso.crm.dynamics.com' }),
  ],
  brightPattern: [
    providers.brightPattern({ tenant: 'acme.brightpattern.com' }),
    providers.brightPattern({ tenant: 'acme.brightpattern.com', keepApiSecret: true }),
  ],
  classSuper: [
    providers.classSuper({ ...client, business: 'acme', scope: ['fund.read'] }),
    providers.classSuper({ business: 'acme', scope: ['openid'], discovery: 'https://login.example.com' }),
  ],
  classy: [providers.classy(client)],
  djangoOAuthToolkit: [providers.djangoOAuthToolkit({ ...client, site: `${site}/o` })],
  doorkeeper: [providers.doorkeeper({ ...client, site })],
  fusionAuth: [providers.fusionAuth({ ...client, site })],
  glewlwyd: [providers.glewlwyd({ ...client, issuer: 'https://id.example.com/api/oidc', scope: ['openid'] })],
  jamf: [providers.jamf({ site })],
  keycloak: [providers.keycloak({ ...client, site: 'https://id.example.com', realm: 'acme', otp: true })],
  laravelPassport: [providers.laravelPassport({ ...client, site })],
  netatmo: [providers.netatmo({ ...client, scope: ['read_station'] })],
  oauth2: [
    providers.oauth2({ ...client, tokenEndpoint: 'https://as.example.com/token', user: '/data' }),
    providers.oauth2({
      ...client,
      tokenEndpoint: 'https://as.example.com/token',
      grant: 'client_credentials',
    }),
    providers.oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: 'portal', refresh: false }),
  ],
  podio: [providers.podio(client)],
  reddit: [providers.reddit({ ...client, userAgent: 'web:example:v1 (by /u/x)', otp: true })],
  salesforce: [providers.salesforce(client)],
  sugarCrm: [
    providers.sugarCrm({ site, platform: 'portal' }),
    providers.sugarCrm({ site, platform: 'portal', header: 'OAuth-Token' }),
  ],
  wso2: [providers.wso2({ ...client, tokenEndpoint: 'https://iam.example.com/oauth2/token' })],
}
