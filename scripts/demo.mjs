// `npm run demo`: from a fresh clone to the login page in a browser.
import './node-version.mjs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bin, install, root, tool } from './run.mjs'
import { step } from './steps.mjs'

console.log('Installing and building. The first time takes about a minute.')
const packages = ['packages/react', 'packages/bff', 'packages/sandbox']
const ready =
  (await step('install', install)) &&
  (await step('build', () => tool(bin('typescript', 'tsc'), ['-b', ...packages])))
if (!ready) process.exit(1)

// Vite closes its server at SIGTERM. Windows cannot send that signal to another process, so Vite runs in this one.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGBREAK']) process.on(signal, () => process.emit('SIGTERM'))
process.on('SIGTERM', () => {
  process.exitCode = 0
  const isViteListening = process.listenerCount('SIGTERM') > 1
  if (!isViteListening) process.exit()
})

const folder = 'examples/login-page'
const vite = bin('vite', 'vite', folder)
process.chdir(join(root, folder))
process.argv = [process.execPath, vite, '--clearScreen=false', ...process.argv.slice(2)]
// Vite prints the address, and the example's configuration prints the users.
await import(pathToFileURL(vite).href)
