import { cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import type { StartedProcess } from '../first-page/start-process.ts'
import { root } from '../../scripts/run.mjs'
import { startProcess } from '../first-page/start-process.ts'
import type { Runtime } from './runtimes.ts'

/** The compatibility date of the Worker, which decides what workerd does. */
const compatibilityDate = '2026-11-01'

/**
 * Compiles the module here that a runtime starts with, but not its packages, because Node 20 does not run TypeScript.
 *
 * @param folder where the module finds the packages
 * @returns the name of the compiled file
 */
export async function compileEntry({ entry }: Runtime, folder: string): Promise<string> {
  const outfile = join(folder, `${entry}.js`)
  const entryPoints = [join(import.meta.dirname, `${entry}.ts`)]
  await build({ entryPoints, outfile, bundle: true, format: 'esm', target: 'es2022', packages: 'external' })
  return `${entry}.js`
}

/**
 * Serves a module on a free port of this machine.
 *
 * @param file the module, below `folder`
 * @param env variables for it
 */
export async function startRuntime(
  runtime: Runtime,
  folder: string,
  file: string,
  env: Record<string, string>,
): Promise<{ origin: string; process: StartedProcess }> {
  if (runtime.isWorker) {
    await bundleWorker(folder, file)
    writeFileSync(join(folder, 'worker.capnp'), formatWorkerConfig(env))
  }
  const args = [...runtime.args, ...(runtime.isWorker ? [] : [file])]
  const started = await startProcess(String(runtime.file), args, /:(\d+)\/?\s|"port":(\d+)/, folder, {
    ...env,
    DENO_NO_UPDATE_CHECK: '1',
  })
  const [, port = started.match[2]] = started.match
  return { origin: `http://127.0.0.1:${port}`, process: started }
}

/** Bundles a module with its packages, under the conditions of `wrangler`. */
async function bundleWorker(folder: string, file: string): Promise<void> {
  await build({
    entryPoints: [join(folder, file)],
    outfile: join(folder, 'worker.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    // The last is never imported: Workers have no file system.
    external: ['node:*', 'cloudflare:*', '@latchkey/bff/embedded'],
  })
}

function formatWorkerConfig(env: Record<string, string>): string {
  const bindings = Object.entries(env).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["local", "private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "${compatibilityDate}",
  compatibilityFlags = ["nodejs_compat"],
  bindings = [${bindings.join(', ')}],
);
`
}

/**
 * Installs packages of this repository as a user's project has them: their published files below `node_modules`, because
 * runtimes treat links to a workspace as sources of the project.
 *
 * @param names folders below `packages`, with those that they depend on
 */
export function installPackages(folder: string, names: readonly string[]): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  for (const name of names) {
    const home = join(root, 'packages', name)
    const target = join(folder, 'node_modules/@latchkey', name)
    for (const file of ['package.json', 'dist'])
      cpSync(join(home, file), join(target, file), { recursive: true })
    const { dependencies = {} } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as {
      dependencies?: object
    }
    for (const dependency of Object.keys(dependencies).filter((other) => !other.startsWith('@latchkey/'))) {
      const link = join(folder, 'node_modules', dependency)
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(realpathSync(join(home, 'node_modules', dependency)), link)
    }
  }
}
