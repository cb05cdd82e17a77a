import type { IncomingMessage, ServerResponse } from 'node:http'
import type Send from 'send'
import { BffError } from '../errors.ts'

/** What a listener for the files of a page needs. */
export interface StaticFilesOptions {
  /** The folder of the built page. */
  root: string
  /** Returns the content security policy, which depends on the current configuration. */
  getPolicy: () => string
}

/** Responds to a request with a file, the page, or 404. */
export type StaticFiles = (request: IncomingMessage, response: ServerResponse, pathname: string) => void

/** The types of files that are also looked for in compressed form, beside the original. */
const compressibleTypes: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  map: 'application/json; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  wasm: 'application/wasm',
}

/** Vite puts the files that the page imports here. */
const assetsFolder = '/assets/'
/**
 * Creates the listener for files. Navigations to other paths get `index.html`, so that a router in the page decides;
 * everything else that is missing gets 404. No path leads out of the folder or to a file whose name begins with a dot.
 *
 * @throws BffError `server_error` when the package send is not installed
 */
export async function createStaticFiles({ root, getPolicy }: StaticFilesOptions): Promise<StaticFiles> {
  const send = await importSend()

  return (request, response, pathname) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      return sendStatus(response, 405)
    }
    const file = pathname.endsWith('/') ? `${pathname}index.html` : pathname
    sendFirst(request, response, listVariants(request, file), (status) => {
      const mayBePage = status === 404 && !pathname.startsWith(assetsFolder) && isNavigation(request)
      if (!mayBePage) return sendStatus(response, status)
      sendFirst(request, response, listVariants(request, '/index.html'), (code) => sendStatus(response, code))
    })
  }

  /** Sends the first file that exists; `onFailure` gets the status of the last one. */
  function sendFirst(
    request: IncomingMessage,
    response: ServerResponse,
    [variant, ...rest]: Variant[],
    onFailure: (status: number) => void,
  ): void {
    if (variant === undefined) return onFailure(404)
    const fail = (status: number): void => {
      if (response.headersSent) response.destroy()
      else if (status === 404 && rest.length > 0) sendFirst(request, response, rest, onFailure)
      else onFailure(status)
    }
    send(request, variant.path, { root, index: false, dotfiles: 'ignore', cacheControl: false })
      .on('error', (error: { status?: number }) => fail(error.status ?? 500))
      // Without a listener, send redirects to the path with a slash at its end.
      .on('directory', () => fail(404))
      .on('headers', (outgoing: ServerResponse, path: string) => {
        outgoing.setHeader(
          'Cache-Control',
          isHashed(variant.file) ? 'public, max-age=31536000, immutable' : 'no-cache',
        )
        outgoing.setHeader('Content-Security-Policy', getPolicy())
        outgoing.setHeader('X-Content-Type-Options', 'nosniff')
        if (isCompressible(path)) outgoing.setHeader('Vary', 'Accept-Encoding')
        if (variant.encoding === undefined) return
        outgoing.setHeader('Content-Encoding', variant.encoding)
        outgoing.setHeader('Content-Type', variant.type)
      })
      .pipe(response)
  }
}

/** A file in one encoding, which lies at `path`. */
type Variant = { file: string; path: string } & (
  | { encoding?: undefined }
  | { encoding: string; type: string }
)

function listVariants({ headers }: IncomingMessage, file: string): Variant[] {
  const type = compressibleTypes[getExtension(file)]
  const original = { file, path: file }
  // A range is of the file as it is.
  if (type === undefined || headers.range !== undefined) return [original]
  const accepted = headers['accept-encoding'] ?? ''
  const accepts = (name: string): boolean =>
    new RegExp(`\\b${name}\\b(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$))`).test(accepted)
  return [
    ...(accepts('br') ? [{ file, path: `${file}.br`, encoding: 'br', type }] : []),
    ...(accepts('gzip') ? [{ file, path: `${file}.gz`, encoding: 'gzip', type }] : []),
    original,
  ]
}

/**
 * Whether a file has a name that Vite derived from its content: it ends with eight characters of base64url. Words and
 * dates of that length are none.
 */
function isHashed(file: string): boolean {
  const [, hash = ''] = /-([\w-]{8})\.\w+(?:\.map)?$/.exec(file) ?? []
  const hasMixedCharacters = /.[A-Z]/.test(hash) || (/\d/.test(hash) && /[A-Za-z]/.test(hash))
  return file.startsWith(assetsFolder) && hasMixedCharacters
}

function isCompressible(path: string): boolean {
  return getExtension(path.replace(/\.(br|gz)$/, '')) in compressibleTypes
}

function getExtension(path: string): string {
  return /\.(\w+)$/.exec(path)?.[1] ?? ''
}

/** Browsers say so in `Sec-Fetch-Mode`; older ones only accept HTML. */
function isNavigation({ headers }: IncomingMessage): boolean {
  const mode = headers['sec-fetch-mode']
  return mode === undefined ? (headers.accept ?? '').includes('text/html') : mode === 'navigate'
}

function sendStatus(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Cache-Control': 'no-store', 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(`${status}\n`)
}

async function importSend(): Promise<typeof Send> {
  try {
    return (await import('send')).default
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new BffError(
      'server_error',
      'latchkey serve needs the package send, which is not installed. Run: npm install send',
    )
  }
}
