import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** A runtime that serves the program. */
export interface Runtime {
  readonly name: string
  /** The path of its program; `null` where its npm package is not installed: it has none for this machine. */
  readonly file: string | null
  /** The arguments that serve on a free port the module whose path follows; of a Worker, its configuration. */
  readonly args: readonly string[]
  /** The module here that it starts with. */
  readonly entry: 'node-host' | 'program'
  /** Whether it needs a module that is bundled with its packages, as `wrangler` does. */
  readonly isWorker: boolean
  readonly canForwardWebSockets: boolean
  /** The encodings of responses that it decodes; others pass unread. */
  readonly decodedEncodings: readonly string[]
  /** The stores that are tested in it. Without `embedded`, it has no SQLite or no file system. */
  readonly stores: readonly ('memory' | 'embedded')[]
}

const { platform, arch } = process
const linuxLibrary = platform === 'linux' ? '-glibc' : ''
const bunArch = arch === 'arm64' ? 'aarch64' : arch
const workerdArch = arch === 'x64' ? '64' : arch

const fetchRuntime = {
  entry: 'program',
  isWorker: false,
  canForwardWebSockets: false,
  decodedEncodings: ['gzip', 'br'],
  stores: ['memory', 'embedded'],
} as const

/** All runtimes that the checks run in. The Node of this machine is the first. */
export const runtimes: readonly Runtime[] = [
  { ...node(process.versions.node.split('.')[0] ?? ''), file: process.execPath, stores: ['memory'] },
  node('22'),
  // The embedded store takes seconds: it is tested where Node's SQLite is new.
  { ...node('24'), stores: ['memory'] },
  { ...node('26'), stores: ['memory'] },
  {
    name: 'Bun',
    file: find('bun', `@oven/bun-${platform}-${bunArch}`, 'bin/bun'),
    args: ['--port=0'],
    ...fetchRuntime,
    decodedEncodings: [],
  },
  {
    name: 'Deno',
    file: find('deno', `@deno/${platform}-${arch}${linuxLibrary}`, 'deno'),
    args: ['serve', '--allow-all', '--host=127.0.0.1', '--port=0'],
    ...fetchRuntime,
  },
  {
    name: 'workerd',
    file: find('workerd', `@cloudflare/workerd-${platform}-${workerdArch}`, 'bin/workerd'),
    args: ['serve', '--control-fd=1', 'worker.capnp'],
    ...fetchRuntime,
    isWorker: true,
    stores: ['memory'],
  },
]

function node(major: string): Runtime {
  return {
    name: `Node ${major}`,
    file: find(`node-${major}-${platform}-${arch}`, null, 'bin/node'),
    args: [],
    entry: 'node-host',
    isWorker: false,
    canForwardWebSockets: true,
    decodedEncodings: [],
    stores: ['memory', 'embedded'],
  }
}

/** Finds a file of an npm package, or of the package for this platform that it depends on. */
function find(name: string, platformPackage: string | null, file: string): string | null {
  try {
    const require = createRequire(import.meta.url)
    const manifest = require.resolve(`${name}/package.json`)
    const found = platformPackage
      ? createRequire(manifest).resolve(`${platformPackage}/package.json`)
      : manifest
    const path = join(dirname(found), file)
    return existsSync(path) ? path : null
  } catch {
    return null
  }
}
