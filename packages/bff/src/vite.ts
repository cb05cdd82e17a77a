/**
 * Runs a BFF inside `vite dev` and `vite preview`, without a second process, CORS or proxy rules.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http'
import { resolve } from 'node:path'
import type { Duplex } from 'node:stream'
import type { Connect, HotPayload, Plugin, ResolvedConfig, ViteDevServer } from 'vite'
import { createServerModuleRunner, loadEnv, runnerImport } from 'vite'
import { setDefaultStore } from './stores/default-store.ts'
import { openDevelopmentStore } from './stores/development-store.ts'
import type { EntryLoader, LoadFailure } from './entry-loader.ts'
import { createEntryLoader } from './entry-loader.ts'
import { toNodeListener, toUpgradeListener } from './node.ts'
import { createRestorePlugin } from './restore-plugin.ts'
import { listSecretValues } from './secret-values.ts'
import type { Store } from './stores/store.ts'

/** Options of {@link latchkey}. */
export interface LatchkeyPluginOptions {
  /** The module whose default export is a BFF or a list of BFFs, relative to the project root: `./server/auth.ts`. */
  entry: string
  /** The base paths of the clients for which the HTML restores the session; default `/auth`. */
  basePath?: string | readonly string[]
  /**
   * How the HTML contains the script that sends `GET /auth/session` while the JavaScript of the page loads: `inline` (the
   * default), as a `file`, which needs no exception in a content security policy, or not at all (`false`).
   */
  restoreScript?: 'inline' | 'file' | false
}

/** Builds are not searched for shorter secrets, which occur in any code by chance. */
const minSearchedLength = 8

/** The open stores, by folder. Vite restarts its server within the process, which must not open a store twice. */
const stores = new Map<string, Store>()

/** Variables set from `.env` files, which a restart reads again. */
const loadedEnvNames = new Set<string>()

/**
 * Serves the BFFs that `entry` exports, at the paths that they own. Edits of the module, and of anything it imports, take
 * effect on the next request. While the module cannot be loaded, its paths respond with 500, and the reason is in the
 * terminal and in Vite's error overlay.
 *
 * `.env`, `.env.local` and the files of the mode (`.env.development`) are read from `envDir`, by default the root of the
 * project. All their variables are in `process.env` when the module runs, whatever their prefix. Variables that are set
 * already win.
 *
 * A BFF without a `store` keeps its sessions in `node_modules/.cache/latchkey` where SQLite is (built into Node 22.13 and
 * later, or the package libsql), so a restart signs nobody out. A build fails when browsers would load the value of a
 * variable that ends in `_SECRET` or `_PASSWORD`.
 *
 * The HTML gets a script that restores the session while the JavaScript of the page loads.
 *
 * @example
 *   export default defineConfig({ plugins: [react(), latchkey({ entry: './server/auth.ts' })] })
 */
export function latchkey({ entry, basePath, restoreScript = 'inline' }: LatchkeyPluginOptions): Plugin[] {
  let variables: [name: string, value: string][] = []
  let retry = async (): Promise<void> => {}
  const listSecrets = (): string[] => listSecretValues(Object.fromEntries(variables))

  const serverPlugin: Plugin = {
    name: 'latchkey',
    configResolved({ mode, envDir }) {
      for (const name of loadedEnvNames) delete process.env[name]
      variables = Object.entries(loadEnv(mode, envDir, ''))
      for (const [name, value] of variables) {
        if (process.env[name] !== undefined) continue
        process.env[name] = value
        loadedEnvNames.add(name)
      }
    },
    configureServer(server) {
      const { config, environments, middlewares, ws } = server
      const id = resolve(config.root, entry)
      // `server.ssrLoadModule` would log each failure itself, with its stack.
      const runner = createServerModuleRunner(environments.ssr, { hmr: false, sourcemapInterceptor: false })
      // `ws.send` would keep a message until a page connects, when it may be out of date.
      const send = (payload: HotPayload): void => {
        for (const client of ws.clients) client.send(payload)
      }
      const createOverlay = ({ message }: LoadFailure): HotPayload => ({
        type: 'error',
        err: { message, stack: '', plugin: 'latchkey', id },
      })
      const loader = createEntryLoader({
        entry,
        importModule() {
          setDefaultStore(() => getStore(config))
          // Evaluates the module only when it, or what it imports, has changed.
          return runner.import(id).catch((error: unknown) => {
            if (error instanceof Error) server.ssrFixStacktrace(error)
            throw error
          })
        },
        listSecrets,
        onFailure(failure) {
          config.logger.error(failure.log)
          send(createOverlay(failure))
        },
        onRecovery: () => send({ type: 'full-reload' }),
      })
      ws.on('connection', (socket) => {
        const failure = loader.getFailure()
        if (failure) socket.send(JSON.stringify(createOverlay(failure)))
      })
      retry = loader.retry
      middlewares.use(createMiddleware(loader))
      listenForUpgrades(server.httpServer, loader)
    },
    hotUpdate({ modules }) {
      // A page with the overlay may send no other request.
      if (this.environment.name === 'ssr' && modules.length > 0) void retry()
    },
    configurePreviewServer({ config, httpServer, middlewares }) {
      const {
        root,
        resolve: { alias, conditions },
      } = config
      let pendingImport: Promise<unknown> | undefined
      const loader = createEntryLoader({
        entry,
        importModule() {
          setDefaultStore(() => getStore(config))
          pendingImport ??= runnerImport(resolve(root, entry), {
            root,
            configFile: false,
            logLevel: 'error',
            resolve: { alias, conditions },
          }).then(({ module }) => module)
          return pendingImport
        },
        listSecrets,
        onFailure: ({ log }) => config.logger.error(log),
      })
      middlewares.use(createMiddleware(loader))
      listenForUpgrades(httpServer, loader)
    },
    generateBundle(_, bundle) {
      if (this.environment.name !== 'client') return
      const secrets = variables.filter(
        ([name, value]) => /_(SECRET|PASSWORD)$/.test(name) && value.length >= minSearchedLength,
      )
      for (const file of Object.values(bundle)) {
        const text = file.type === 'chunk' ? file.code : Buffer.from(file.source).toString()
        const secret = secrets.find(([, value]) => text.includes(value))
        if (secret) this.error(`The value of ${secret[0]} is in ${file.fileName}, which browsers load.`)
      }
    },
  }
  return [serverPlugin, createRestorePlugin(basePath, restoreScript)]
}

function getStore({ root, logger }: Pick<ResolvedConfig, 'root' | 'logger'>): Store {
  const path = resolve(root, 'node_modules/.cache/latchkey')
  const store = stores.get(path) ?? openDevelopmentStore(path, { info: (line) => logger.info(line) })
  stores.set(path, store)
  return store
}

/** Passes each request to the BFF that owns its path, or to the next handler. */
function createMiddleware({ load }: EntryLoader): Connect.NextHandleFunction {
  return (request, response, next) => {
    void load().then((bffs) => {
      const handle = bffs.reduceRight<() => void>(
        (handleNext, bff) => () => toNodeListener(bff)(request, response, handleNext),
        next,
      )
      handle()
    })
  }
}

/** Passes each WebSocket request to the BFF that owns its path. Others are for Vite or other plugins. */
function listenForUpgrades(server: ViteDevServer['httpServer'], { load }: EntryLoader): void {
  server?.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Without a listener, an error would end the process.
    socket.on('error', () => {})
    void load().then((bffs) => {
      const handle = bffs.reduceRight<() => void>(
        (handleNext, bff) => () => toUpgradeListener(bff)(request, socket, head, handleNext),
        () => {},
      )
      handle()
    })
  })
}
