import type { Platform } from './platform.ts'

/**
 * Tells developers on the console, once each, what they got wrong. Development builds alone contain it: the import
 * `#diagnosis` leads here under the condition `development`, and to {@link file://./diagnosis-production.ts} otherwise.
 */
export interface Diagnosis {
  /** A client was created. */
  clientCreated: (platform: Platform, basePath: string) => void
  /** A client was disposed. */
  clientDisposed: (platform: Platform, basePath: string) => void
  /** The BFF did not write the response to a request below its base path. */
  foreignResponse: (platform: Platform, request: string, basePath: string, response: Response) => void
  /** `auth.fetch` sent a request without a token, because its origin is not in `allow`. */
  originNotAllowed: (platform: Platform, origin: string) => void
  /** A sign-in succeeded, and the next request carried no session cookie. */
  cookieLost: (platform: Platform) => void
}

/** What the page's global object remembers, across copies of this module. */
interface Memory {
  /** Marks the copy of this module that was loaded first. */
  readonly firstCopy: object
  readonly clients: Map<string, number>
  readonly said: Set<string>
}

const memoryKey = Symbol.for('@latchkey/core diagnosis')
const thisCopy = {}

export const diagnosis: Diagnosis | null = {
  clientCreated(platform, basePath) {
    if (!platform.document) return
    const { clients, firstCopy } = getMemory(platform)
    clients.set(basePath, (clients.get(basePath) ?? 0) + 1)
    if (firstCopy !== thisCopy)
      say(
        platform,
        'Two copies of @latchkey/core are loaded, and their clients do not know each other. Run `npm ls @latchkey/core` and remove one.',
      )
    if (clients.get(basePath) !== 1)
      say(
        platform,
        `A second client for ${basePath} was created. Create one client with createAuthClient() in a module of its own, for example src/auth.ts, and never during render: each new client starts without a session. If a hot update created it, add \`import.meta.hot?.accept(() => location.reload())\` to that module.`,
      )
  },

  clientDisposed(platform, basePath) {
    const { clients } = getMemory(platform)
    clients.set(basePath, Math.max(0, (clients.get(basePath) ?? 0) - 1))
  },

  foreignResponse(platform, request, basePath, { status, headers }) {
    const isHtml = headers.get('content-type')?.startsWith('text/html')
    if (!isHtml && status !== 404) return
    say(
      platform,
      `${request} responded with ${isHtml ? 'HTML, ' : ''}status ${status}: no BFF answers below ${basePath}. In development add latchkey({ entry: './server/auth.ts' }) to the plugins in vite.config.ts; in production mount the BFF on the page's origin. If its basePath is another one, pass the same to createAuthClient({ basePath }).`,
    )
  },

  originNotAllowed(platform, origin) {
    say(
      platform,
      `auth.fetch() sent a request to ${origin} without the access token, because that origin is not in \`allow\`. If the token belongs there, write createAuthClient({ allow: ['${origin}'] }); that server must allow the header Authorization by CORS. Or reach it below your own origin through a \`proxy\` route of the BFF.`,
    )
  },

  cookieLost(platform) {
    const { protocol, hostname, host } = new URL(platform.location.origin)
    const isInsecure = protocol === 'http:' && !/^(localhost|.+\.localhost|127\..+|\[::1\])$/.test(hostname)
    say(
      platform,
      `The sign-in succeeded, but the browser did not send the session cookie with the next request, so that a reload signs the user out. ${
        isInsecure
          ? `This page was loaded over plain http from ${host}, where browsers drop Secure cookies: serve it over https, or open it on localhost.`
          : 'Allow cookies for this site, and check that no proxy in between removes the headers Set-Cookie or Cookie.'
      }`,
    )
  },
}

function getMemory(platform: Platform): Memory {
  const holder = platform as { [memoryKey]?: Memory }
  return (holder[memoryKey] ??= { firstCopy: thisCopy, clients: new Map(), said: new Set() })
}

function say(platform: Platform, message: string): void {
  const { said } = getMemory(platform)
  if (said.has(message)) return
  said.add(message)
  platform.console?.error(`[latchkey] ${message}`)
}
