import { glewlwydIsHere, howToInstallGlewlwyd, startGlewlwyd } from './glewlwyd.ts'
import { startOAuth2Server } from './oauth2-server.ts'
import { startOidcProvider } from './oidc-provider.ts'
import type { ThirdPartyServer, PeerOptions } from './third-party-server.ts'

/** A way to start a peer. */
export interface KnownPeer {
  readonly name: string
  readonly start: (options?: PeerOptions) => Promise<ThirdPartyServer>
}

/** Every authorization server that is not ours, that the tests know and that can run here. */
export const peers: readonly KnownPeer[] = [
  { name: 'oidc-provider', start: startOidcProvider },
  { name: '@node-oauth/oauth2-server', start: startOAuth2Server },
  ...(glewlwydIsHere() ? [{ name: 'Glewlwyd', start: startGlewlwyd }] : []),
]

if (!glewlwydIsHere()) {
  process.stderr.write(
    `Glewlwyd is not installed, so its tests are skipped; to run them, ${howToInstallGlewlwyd}\n`,
  )
}
