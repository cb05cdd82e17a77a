import { extname } from 'node:path'
import type { Bff, BffOptions } from '@latchkey/bff'
import { toNodeListener } from '@latchkey/bff/node'
import { startHttpServer } from '../third-party-servers/third-party-server.ts'
import type { Files } from './pages.ts'

/** The one server that a page in production talks to. */
export interface FrontServer {
  readonly url: string
  /** What arrived for the BFFs and for the API, as `GET /auth/session`. */
  readonly requests: string[]
  /** What the BFF had to say to its operator. */
  readonly log: string[]
  /** Lets so many seconds pass for the BFF, and for nobody else. */
  readonly pass: (seconds: number) => void
  readonly close: () => Promise<void>
}

export interface FrontOptions {
  readonly files: Files
  /** The BFFs behind it, with the log and the clock of this front. */
  readonly bffs: (surroundings: Pick<BffOptions, 'logger' | 'platform'>) => readonly Bff[]
  /** The resource server's answer to what the page asks for below `/api`. */
  readonly api: (path: string, headers: Record<string, string>) => Response | Promise<Response>
  /** A further origin that the page may talk to, for those tests that are about one. */
  readonly connectTo?: string
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

export async function startFrontServer({
  files,
  bffs: made,
  api,
  connectTo,
}: FrontOptions): Promise<FrontServer> {
  const asked: string[] = []
  const log: string[] = []
  const note = (line: string): void => void log.push(line)
  let passed = 0
  const bffs = made({
    logger: { info: note, warn: note, error: note },
    platform: { now: () => Date.now() + passed },
  })
  const policy = contentSecurityPolicy(connectTo)

  async function answer(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url)
    if (pathname.startsWith('/api/')) {
      // The cookie of the BFF is nobody else's business.
      const authorization = request.headers.get('Authorization')
      return api(pathname + search, {
        Accept: request.headers.get('Accept') ?? '*/*',
        ...(authorization !== null && { Authorization: authorization }),
      })
    }
    const name = pathname === '/' ? '/index.html' : pathname
    const file = files.get(name)
    if (!file) return new Response('Not found', { status: 404 })
    const headers = { 'Content-Type': types[extname(name)] ?? 'application/octet-stream' }
    const page = { 'Content-Security-Policy': policy, 'Cache-Control': 'no-cache' }
    return new Response(new Uint8Array(file), {
      headers: { ...headers, ...(extname(name) === '.html' && page) },
    })
  }

  const listeners = [...bffs, { owns: () => true, fetch: answer }]
  const { url, close } = await startHttpServer((request, response) => {
    if (/^\/(auth|api)\//.test(request.url ?? '')) asked.push(`${request.method} ${request.url}`)
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const listener = listeners.find(({ owns }) => owns(pathname))
    if (listener) toNodeListener(listener)(request, response)
  })
  return {
    url,
    requests: asked,
    log,
    pass: (seconds) => {
      passed += seconds * 1000
    },
    close: async () => {
      await close()
      await Promise.all(bffs.map((bff) => bff.close()))
    },
  }
}

function contentSecurityPolicy(connectTo = ''): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${connectTo}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}
