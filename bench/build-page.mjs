import { join } from 'node:path'
import { build } from 'vite'

/**
 * Bundles `page.mjs` of a folder as an app does for production. Returns the JavaScript.
 *
 * @param {string} folder
 */
export async function buildPage(folder) {
  const built = await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      modulePreload: false,
      target: 'es2022',
      rollupOptions: { input: join(folder, 'page.mjs') },
    },
  })
  if (!('output' in built)) throw new Error('Vite did not build one bundle')
  return built.output[0].code
}
