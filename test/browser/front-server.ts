import { extname } from 'node:path'
import type { Bff, BffOptions } from '@latchkey/bff'
import { toNodeListener, toUpgradeListener } from '@latchkey/bff/node'
import { startHttpServer } from '../third-party-servers/third-party-server.ts'
import { toHandle } from '../support/to-handle.ts'
import type { SiteFiles } from './pages.ts'

/** The server of a page's origin: static files, BFFs and the API. */
export interface FrontServer {
  readonly url: string
  /** The requests to the BFFs and the API, such as `GET /auth/session`. */
  readonly requests: string[]
  /** What browsers reported as violations of the content security policy. */
  readonly violations: string[]
  /** The BFFs' log lines. */
  readonly log: string[]
  /** Advances the clock of the BFFs, in seconds. Page and authorization server have their own clocks. */
  readonly advanceClock: (seconds: number) => void
  readonly close: () => Promise<void>
}

export interface FrontServerOptions {
  readonly files: SiteFiles
  /** Creates the BFFs with the log, the clock and the time limit of this server. */
  readonly createBffs: (environment: BffEnvironment) => readonly Bff[]
  /** Returns the response of the resource server to a request below `/api`. */
  readonly api: (path: string, headers: Record<string, string>) => Response | Promise<Response>
  /** Another origin to which the content security policy allows requests. */
  readonly connectTo?: string
  /** What the policy allows as scripts beside the files of this server. */
  readonly scriptSource?: string
}

export type BffEnvironment = Pick<BffOptions, 'logger' | 'platform' | 'timeout'>

/** In seconds. A busy machine must not exceed the BFF's time limit, which tests of the BFF cover. */
const bffTimeout = 600

const violationsPath = '/policy-violations'

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

export async function startFrontServer({
  files,
  createBffs,
  api,
  connectTo,
  scriptSource,
}: FrontServerOptions): Promise<FrontServer> {
  const requests: string[] = []
  const violations: string[] = []
  const log: string[] = []
  const writeLog = (line: string): void => void log.push(line)
  let clockOffsetMs = 0
  const bffs = createBffs({
    logger: { info: writeLog, warn: writeLog, error: writeLog },
    platform: { now: () => Date.now() + clockOffsetMs },
    timeout: bffTimeout,
  })
  const policy = formatContentSecurityPolicy(connectTo, scriptSource)

  async function handleRequest(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url)
    if (pathname.startsWith('/api/')) {
      // The resource server must not receive the session cookie.
      const authorization = request.headers.get('Authorization')
      return api(pathname + search, {
        Accept: request.headers.get('Accept') ?? '*/*',
        ...(authorization !== null && { Authorization: authorization }),
      })
    }
    if (pathname === violationsPath) {
      violations.push(await request.text())
      return new Response(null, { status: 204 })
    }
    const name = pathname === '/' ? '/index.html' : pathname
    const file = files.get(name)
    if (!file) return new Response('Not found', { status: 404 })
    const headers = { 'Content-Type': contentTypes[extname(name)] ?? 'application/octet-stream' }
    const pageHeaders = { 'Content-Security-Policy': policy, 'Cache-Control': 'no-cache' }
    return new Response(new Uint8Array(file), {
      headers: { ...headers, ...(extname(name) === '.html' && pageHeaders) },
    })
  }

  const listeners = [...bffs, { owns: () => true, handle: toHandle(handleRequest) }]
  const { url, server, close } = await startHttpServer((request, response) => {
    if (/^\/(auth|api)\//.test(request.url ?? '')) requests.push(`${request.method} ${request.url}`)
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const listener = listeners.find(({ owns }) => owns(pathname))
    if (listener) toNodeListener(listener)(request, response)
  })
  for (const bff of bffs) {
    const listener = toUpgradeListener(bff)
    server.on('upgrade', (request, socket, head) => listener(request, socket, head, () => {}))
  }
  return {
    url,
    requests,
    violations,
    log,
    advanceClock: (seconds) => {
      clockOffsetMs += seconds * 1000
    },
    close: async () => {
      await close()
      await Promise.all(bffs.map((bff) => bff.close()))
    },
  }
}

function formatContentSecurityPolicy(connectTo = '', scriptSource = ''): string {
  return [
    "default-src 'none'",
    `script-src 'self' ${scriptSource}`,
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${connectTo}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    `report-uri ${violationsPath}`,
  ].join('; ')
}
