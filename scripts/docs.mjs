// `npm run docs`: serves the documentation while you write it. `npm run docs:build` writes the site with the API reference to
// docs/dist. With `--pages` it leaves out the reference: `npm run check` sees in this way that the pages build and no link is dead.
import './node-version.mjs'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bin, install, root, tool } from './run.mjs'
import { step } from './steps.mjs'

const cwd = join(root, 'docs')
const vitepress = bin('vitepress', 'vitepress', 'docs')

if (process.argv.includes('--build')) await build()
else await serve()

async function build() {
  rmSync(join(cwd, 'reference'), { recursive: true, force: true })
  const built =
    (process.argv.includes('--pages') ||
      (await step('API reference', () => tool(bin('typedoc', 'typedoc', 'docs'), [], { cwd })))) &&
    (await step('pages', () => tool(vitepress, ['build'], { cwd })))
  if (!built) process.exitCode = 1
}

async function serve() {
  if (!(await step('install', install))) process.exit(1)
  process.chdir(cwd)
  process.argv = [process.execPath, vitepress, 'dev', ...process.argv.slice(2)]
  // VitePress prints the address.
  await import(pathToFileURL(vitepress).href)
}
