import type { Server } from './server.ts'

/** Formats a server as a file that `parseServer` reads. */
export function formatServerFile(server: Server): string {
  const values: Record<string, string | number | null> = {
    NAME: server.name,
    TOKEN_URL: server.tokenUrl,
    DISCOVERY_URL: server.discoveryUrl,
    REVOKE_URL: server.revokeUrl,
    USERINFO_URL: server.userinfoUrl,
    CLIENT_ID: server.clientId,
    CLIENT_SECRET: server.clientSecret,
    CLIENT_AUTH: server.clientAuth.join(','),
    USERNAME: server.username,
    PASSWORD: server.password,
    SCOPE: server.scope,
    ROTATION: server.rotation,
    ACCESS_TTL: server.accessTokenLifetime,
  }
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value ?? ''}\n`)
    .join('')
}
