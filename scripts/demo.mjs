// `npm run demo`: from a fresh clone to the login page in a browser.
import './node-version.mjs'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { bin, install, root, tool } from './run.mjs'
import { step } from './steps.mjs'

console.log('Installing and building; the first time takes about a minute.')
const packages = ['packages/react', 'packages/bff', 'packages/sandbox']
const ready =
  (await step('install', install)) &&
  (await step('build', () => tool(bin('typescript', 'tsc'), ['-b', ...packages])))
if (!ready) process.exit(1)

const folder = 'examples/login-page'
// Vite prints the address, and the example's own configuration whom to sign in as.
const vite = [bin('vite', 'vite', folder), '--clearScreen=false', ...process.argv.slice(2)]
const server = spawn(process.execPath, vite, { cwd: join(root, folder), stdio: 'inherit' })

let stopping = false
// A terminal's Ctrl-C reaches the server by itself; what is left to do is to wait for its end.
process.on('SIGINT', () => (stopping = true))
process.on('SIGTERM', () => (stopping = server.kill()))
server.on('exit', (code) => (process.exitCode = stopping ? 0 : (code ?? 1)))
