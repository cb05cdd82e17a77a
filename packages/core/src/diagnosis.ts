import type { Platform } from './platform.ts'

/**
 * Reports common mistakes of developers on the console, each once. Only development builds contain it: the import
 * `#diagnosis` resolves to this file under the condition `development`, otherwise to
 * {@link file://./diagnosis-production.ts}.
 */
export interface Diagnosis {
  /** Call when a client is created; reports a second client for a base path and a second copy of the package. */
  registerClient: (platform: Platform, basePath: string) => void
  /** Call when a client is disposed. */
  unregisterClient: (platform: Platform, basePath: string) => void
  /** Call when the BFF did not write the response to a request below its base path. */
  reportMissingBff: (platform: Platform, request: string, basePath: string, response: Response) => void
  /** Call when `auth.fetch` sends a request without a token because its origin is not in `allow`. */
  reportOriginNotAllowed: (platform: Platform, origin: string) => void
  /** Call when the first request after a sign-in carried no session cookie. */
  reportLostCookie: (platform: Platform) => void
}

/** What is remembered for a platform, across copies of this module. */
interface Memory {
  /** Identifies the copy of this module that was loaded first. */
  readonly firstCopy: object
  readonly clientCounts: Map<string, number>
  readonly reportedMessages: Set<string>
}

const memoryKey = Symbol.for('@latchkey/core diagnosis')
const thisCopy = {}

export const diagnosis: Diagnosis | null = {
  registerClient(platform, basePath) {
    if (!platform.document) return
    const { clientCounts, firstCopy } = getMemory(platform)
    clientCounts.set(basePath, (clientCounts.get(basePath) ?? 0) + 1)
    if (firstCopy !== thisCopy)
      reportOnce(
        platform,
        'Two copies of @latchkey/core are loaded, and their clients do not share a session. Run `npm ls @latchkey/core` and remove one.',
      )
    if (clientCounts.get(basePath) !== 1)
      reportOnce(
        platform,
        `A second client for ${basePath} was created. Create one client with createAuthClient() in a separate module, for example src/auth.ts, and never during render: each new client starts without a session. If a hot update created it, add \`import.meta.hot?.accept(() => location.reload())\` to that module.`,
      )
  },

  unregisterClient(platform, basePath) {
    const { clientCounts } = getMemory(platform)
    clientCounts.set(basePath, Math.max(0, (clientCounts.get(basePath) ?? 0) - 1))
  },

  reportMissingBff(platform, request, basePath, { status, headers }) {
    const isHtml = headers.get('content-type')?.startsWith('text/html')
    if (!isHtml && status !== 404) return
    reportOnce(
      platform,
      `${request} responded with ${isHtml ? 'HTML, ' : ''}status ${status}: there is no BFF at ${basePath}. In development, add latchkey({ entry: './server/auth.ts' }) to the plugins in vite.config.ts. In production, mount the BFF on the page's origin. If the BFF has another basePath, pass the same one to createAuthClient({ basePath }).`,
    )
  },

  reportOriginNotAllowed(platform, origin) {
    reportOnce(
      platform,
      `auth.fetch() sent a request to ${origin} without the access token, because that origin is not in \`allow\`. To send the token there, use createAuthClient({ allow: ['${origin}'] }); that server must allow the header Authorization by CORS. Or reach it below your own origin through a \`proxy\` route of the BFF.`,
    )
  },

  reportLostCookie(platform) {
    const { protocol, hostname, host } = new URL(platform.location.origin)
    const isInsecure = protocol === 'http:' && !/^(localhost|.+\.localhost|127\..+|\[::1\])$/.test(hostname)
    reportOnce(
      platform,
      `The sign-in succeeded, but the browser did not send the session cookie with the next request: a reload will sign the user out. ${
        isInsecure
          ? `This page was loaded over plain http from ${host}, where browsers drop Secure cookies. Serve it over https, or open it on localhost.`
          : 'Allow cookies for this site, and check that no proxy in between removes the headers Set-Cookie or Cookie.'
      }`,
    )
  },
}

function getMemory(platform: Platform): Memory {
  const holder = platform as { [memoryKey]?: Memory }
  return (holder[memoryKey] ??= {
    firstCopy: thisCopy,
    clientCounts: new Map(),
    reportedMessages: new Set(),
  })
}

function reportOnce(platform: Platform, message: string): void {
  const { reportedMessages } = getMemory(platform)
  if (reportedMessages.has(message)) return
  reportedMessages.add(message)
  platform.console?.error(`[latchkey] ${message}`)
}
