/**
 * Runs a BFF inside `vite dev` and `vite preview`: no second process, no CORS, no proxy rules.
 *
 * @module
 */
import { resolve } from 'node:path'
import { defaultBasePath } from '@latchkey/wire'
import type { Connect, Plugin, ResolvedConfig } from 'vite'
import { loadEnv, runnerImport } from 'vite'
import type { Bff } from './bff.ts'
import { setDefaultStore } from './stores/default-store.ts'
import { openDevelopmentStore } from './stores/development-store.ts'
import { BffError } from './errors.ts'
import { describeError } from './log.ts'
import { toNodeListener } from './node.ts'
import type { Store } from './stores/store.ts'

/** What {@link latchkey} needs to know. */
export interface LatchkeyPluginOptions {
  /** The module whose default export is the BFF, or a list of them, from the root of the project: `./server/auth.ts`. */
  entry: string
}

/** Shorter secrets are not looked for in what browsers load: such words are found everywhere. */
const minSecretLength = 8

/** One for each folder, for as long as the process lives: Vite starts its server anew within it. */
const stores = new Map<string, Store>()

/** Names that came from `.env` files, so that the next start may read them again. */
const loadedEnvNames = new Set<string>()

/**
 * Serves the BFF that `entry` exports, or each of them, at the paths that are its own. A change of the module, or of anything it imports,
 * counts from the next request on. A BFF that names no store keeps its sessions in `node_modules/.cache/latchkey`, so
 * that a restart signs nobody out. What stands in `.env` files is in `process.env` for the module, whatever its prefix,
 * and a build fails when the value of one called `…_SECRET` or `…_PASSWORD` is in what browsers load.
 */
export function latchkey({ entry }: LatchkeyPluginOptions): Plugin {
  let secrets: [name: string, value: string][] = []

  return {
    name: 'latchkey',
    configResolved({ root, mode, envDir }) {
      for (const name of loadedEnvNames) delete process.env[name]
      const own = loadEnv(mode, typeof envDir === 'string' ? envDir : root, '')
      for (const [name, value] of Object.entries(own)) {
        if (process.env[name] !== undefined) continue
        process.env[name] = value
        loadedEnvNames.add(name)
      }
      secrets = Object.entries(own).filter(
        ([name, value]) => /_(SECRET|PASSWORD)$/.test(name) && value.length >= minSecretLength,
      )
    },
    configureServer(server) {
      const { config, middlewares } = server
      const module = resolve(config.root, entry)
      middlewares.use(
        createMiddleware(entry, config.logger, () => {
          setDefaultStore(() => getStore(config))
          // Evaluates the module only when it, or what it imports, has changed.
          return server.ssrLoadModule(module, { fixStacktrace: true })
        }),
      )
    },
    configurePreviewServer({ config, middlewares }) {
      const {
        root,
        resolve: { alias, conditions },
      } = config
      let loading: Promise<unknown> | undefined
      middlewares.use(
        createMiddleware(entry, config.logger, () => {
          setDefaultStore(() => getStore(config))
          const resolvedOptions = {
            root,
            configFile: false,
            logLevel: 'error',
            resolve: { alias, conditions },
          } as const
          loading ??= runnerImport(resolve(root, entry), resolvedOptions).then(({ module }) => module)
          return loading
        }),
      )
    },
    generateBundle(_, bundle) {
      if (this.environment.name !== 'client') return
      for (const file of Object.values(bundle)) {
        const text = file.type === 'chunk' ? file.code : Buffer.from(file.source).toString()
        const found = secrets.find(([, value]) => text.includes(value))
        if (found) this.error(`The value of ${found[0]} is in ${file.fileName}, which browsers load.`)
      }
    },
  }
}

function getStore({ root, logger }: Pick<ResolvedConfig, 'root' | 'logger'>): Store {
  const path = resolve(root, 'node_modules/.cache/latchkey')
  const store = stores.get(path) ?? openDevelopmentStore(path, logger)
  stores.set(path, store)
  return store
}

/** Hands each request to the BFF as it is by now; a module that cannot be loaded breaks no request but the BFF's. */
function createMiddleware(
  entry: string,
  logger: { error(message: string): void },
  load: () => Promise<unknown>,
): Connect.NextHandleFunction {
  let owns: Bff['owns'] = (pathname) => `${pathname}/`.startsWith(`${defaultBasePath}/`)
  return (request, response, next) => {
    void current().then((bffs) => {
      const first = bffs.reduceRight<() => void>(
        (other, bff) => () => toNodeListener(bff)(request, response, other),
        next,
      )
      first()
    })
  }

  async function current(): Promise<Pick<Bff, 'owns' | 'fetch'>[]> {
    try {
      const bffs = parseEntryModule(entry, await load())
      owns = (pathname) => bffs.some((bff) => bff.owns(pathname))
      return bffs
    } catch (error) {
      return [{ owns, fetch: async () => createLoadErrorResponse(error) }]
    }
  }

  function createLoadErrorResponse(error: unknown): Response {
    logger.error(`[latchkey] ${entry} cannot be loaded: ${describeError(error)}`)
    return new BffError(
      'server_error',
      'The module of the BFF cannot be loaded; see the terminal',
    ).toResponse()
  }
}

function parseEntryModule(entry: string, module: unknown): Bff[] {
  const { default: exported } = Object(module) as { default?: unknown }
  const bffs: unknown[] = Array.isArray(exported) ? exported : [exported]
  if (bffs.length === 0 || !bffs.every(isBff))
    throw new BffError('server_error', `${entry} must have a default export: export default createBff({ … })`)
  const twice = bffs.find(({ basePath }, place) => bffs.findIndex((bff) => bff.basePath === basePath) < place)
  if (twice)
    throw new BffError(
      'server_error',
      `${entry} exports two BFFs at ${twice.basePath}; give each its own basePath`,
    )
  return bffs
}

function isBff(value: unknown): value is Bff {
  const { basePath, owns, fetch } = Object(value) as Partial<Record<keyof Bff, unknown>>
  return typeof basePath === 'string' && typeof owns === 'function' && typeof fetch === 'function'
}
