import { once } from 'node:events'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { parseRequestUrl } from '../adapters/node-url.ts'
import type { Bff } from '../bff.ts'
import type { Environment } from '../config/environment.ts'
import { findConfigFile } from '../doctor/doctor-config.ts'
import { BffError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { describeError } from '../log.ts'
import { toNodeListener, toUpgradeListener } from '../node.ts'
import { createRestoreScript } from '../restore-script.ts'
import { setDefaultStore } from '../stores/default-store.ts'
import { embeddedStore } from '../stores/embedded-store.ts'
import type { Store } from '../stores/store.ts'
import type { LoadedBffs } from './load-bffs.ts'
import { loadBffs } from './load-bffs.ts'
import type { ServeOptions } from './serve-options.ts'
import { readTls } from './serve-options.ts'
import { createStaticFiles } from './static-files.ts'

/** Milliseconds that requests get to end after `SIGTERM`. */
const maxStopMs = 10_000

/** A running `latchkey serve`. */
export interface RunningServer {
  /** Loads the configuration and the certificate again; keeps the present ones if one of them is not valid. */
  reload: () => Promise<void>
  /** Takes no new connections, and resolves when the requests and refreshes under way have ended. */
  stop: () => Promise<void>
}

/**
 * Serves a page and its BFFs on one origin.
 *
 * @throws BffError `server_error` when the configuration, the folder or the port cannot be used
 */
export async function startServer(
  options: ServeOptions,
  environment: Environment,
  logger: Logger,
): Promise<RunningServer> {
  const file = options.config ?? (await findConfigFile())
  let store: Store | undefined
  setDefaultStore(() => (store ??= embeddedStore({ path: options.storePath })))
  let version = 0
  const tls = options.tls && (await readTls(options.tls))
  let loaded = await loadBffs(file, environment, version)
  const getPolicy = (): string => options.csp ?? createPolicy(loaded.bffs)
  const sendFile = await createStaticFiles({ root: options.root, getPolicy })

  const listener: RequestListener = (request, response) => {
    const bff = findBff(request)
    const url = parseRequestUrl(request)
    // A request that names no path gets the BFF's 400.
    if (bff ?? !url) toNodeListener(bff ?? loaded.bffs[0]!)(request, response)
    else sendFile(request, response, url.pathname)
  }
  const server: Server | TlsServer = tls ? createTlsServer(tls, listener) : createServer(listener)
  server.on('upgrade', (request, socket, head) => {
    const bff = findBff(request)
    if (bff) toUpgradeListener(bff)(request, socket, head)
    else socket.destroy()
  })
  server.listen(options.port, options.host)
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new BffError('server_error', `${options.host}:${options.port} cannot be used (${error.code})`)
  })
  const { port } = server.address() as AddressInfo
  const address = `${tls ? 'https' : 'http'}://${formatHost(options.host)}:${port}`
  logger.info(`Serving ${options.root} on ${address}, with ${file}: ${loaded.settings.join('; ')}`)
  return { reload, stop }

  function findBff(request: IncomingMessage): Bff | undefined {
    const url = parseRequestUrl(request)
    return url ? loaded.bffs.find((bff) => bff.owns(url.pathname)) : undefined
  }

  async function reload(): Promise<void> {
    const replaced = loaded
    try {
      version += 1
      const renewedTls = options.tls && (await readTls(options.tls))
      loaded = await loadBffs(file, environment, version)
      if (renewedTls && 'setSecureContext' in server) server.setSecureContext(renewedTls)
    } catch (error) {
      logger.error(`Configuration not reloaded, the present one stays in use. ${describeError(error)}`)
      return
    }
    logger.info(`Configuration reloaded from ${file}: ${loaded.settings.join('; ')}`)
    await end(replaced)
  }

  /** Waits for the requests and refreshes under way of BFFs that get no new ones, then closes what their module opened. */
  async function end({ bffs, close }: LoadedBffs): Promise<void> {
    await Promise.all(bffs.map((bff) => bff.close()))
    await close().catch((error: unknown) =>
      logger.error(`The function close of ${file} failed. ${describeError(error)}`),
    )
  }

  async function stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    // A kept-alive connection would keep the process after its last response.
    server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'))
    const idle = setInterval(() => server.closeIdleConnections(), 50)
    // A client that reads slowly must not keep the process.
    const limit = setTimeout(() => server.closeAllConnections(), maxStopMs)
    await Promise.all([closed, end(loaded)])
    clearInterval(idle)
    clearTimeout(limit)
    await store?.close()
  }
}

/** Allows what a built Vite page needs, and the script that restores the session. */
function createPolicy(bffs: Bff[]): string {
  const basePaths = bffs.map(({ basePath }) => basePath)
  const scripts = new Set(
    [...basePaths, basePaths].map((basePath) => createRestoreScript({ basePath }).cspSource),
  )
  return (
    `default-src 'none'; script-src 'self' ${[...scripts].join(' ')}; style-src 'self'; img-src 'self' data:; ` +
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; " +
    "frame-ancestors 'none'"
  )
}

function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
