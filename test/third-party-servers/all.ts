import { isGlewlwydInstalled, glewlwydInstallHint, startGlewlwyd } from './glewlwyd.ts'
import { startOAuth2Server } from './oauth2-server.ts'
import { startOidcProvider } from './oidc-provider.ts'
import type { ThirdPartyServer, ThirdPartyServerOptions } from './third-party-server.ts'

/** Starts a third-party server. */
export interface ThirdPartyServerStarter {
  readonly name: string
  readonly start: (options?: ThirdPartyServerOptions) => Promise<ThirdPartyServer>
}

/** The third-party authorization servers that can run on this machine. */
export const thirdPartyServers: readonly ThirdPartyServerStarter[] = [
  { name: 'oidc-provider', start: startOidcProvider },
  { name: '@node-oauth/oauth2-server', start: startOAuth2Server },
  ...(isGlewlwydInstalled() ? [{ name: 'Glewlwyd', start: startGlewlwyd }] : []),
]

if (!isGlewlwydInstalled()) {
  process.stderr.write(
    `Glewlwyd is not installed: its tests do not run. To install it, ${glewlwydInstallHint}\n`,
  )
}
