/**
 * Browsers load this in place of every module of the package, through the `browser` condition in package.json. It has
 * all their exports, because a bundler would otherwise report a missing export instead of the message.
 *
 * @module
 */
const serverOnly: unknown = refuse()

function refuse(): never {
  throw new Error(
    '@latchkey/bff runs on your server, and this code runs in a browser. Import it only from server code such as server/auth.ts, and its types with `import type`. In the browser, use @latchkey/core or @latchkey/react.',
  )
}

export {
  serverOnly as BffError,
  serverOnly as auth0,
  serverOnly as axosoft,
  serverOnly as azureV1,
  serverOnly as brightPattern,
  serverOnly as classSuper,
  serverOnly as classy,
  serverOnly as createBff,
  serverOnly as createRestoreScript,
  serverOnly as defineProvider,
  serverOnly as djangoOAuthToolkit,
  serverOnly as doorkeeper,
  serverOnly as embeddedStore,
  serverOnly as formatPostgresSchema,
  serverOnly as fusionAuth,
  serverOnly as getClientAddress,
  serverOnly as glewlwyd,
  serverOnly as jamf,
  serverOnly as keycloak,
  serverOnly as laravelPassport,
  serverOnly as latchkey,
  serverOnly as memoryStore,
  serverOnly as netatmo,
  serverOnly as oauth2,
  serverOnly as openTelemetry,
  serverOnly as parseConfig,
  serverOnly as podio,
  serverOnly as postgresStore,
  serverOnly as readConfigFile,
  serverOnly as reddit,
  serverOnly as redisStore,
  serverOnly as salesforce,
  serverOnly as secretFile,
  serverOnly as setSocketAddress,
  serverOnly as storeContract,
  serverOnly as sugarCrm,
  serverOnly as toNodeListener,
  serverOnly as toUpgradeListener,
  serverOnly as wso2,
}
