// Delete this file, and what vite.config.ts says of it, when you point at your own provider.
import { cathy, demoClient, startSandbox } from '@latchkey/sandbox'
import type { Plugin, PreviewServer, ViteDevServer } from 'vite'

/**
 * Starts a stand-in for Axosoft when Vite serves and no site is set, and tells whom to sign in as. It lives
 * as long as the process, through the restarts of Vite's server within it.
 */
export function sandbox(site: string | undefined): Plugin | undefined {
  if (site) return

  const tellWhom = (server: ViteDevServer | PreviewServer): void => {
    const printUrls = server.printUrls.bind(server)
    server.printUrls = () => {
      printUrls()
      server.config.logger.info(`  ➜  Sign in as ${cathy.username}, password ${cathy.password}`)
    }
  }

  return {
    name: 'sandbox',
    apply: 'serve',
    async config() {
      const { url } = await startSandbox()
      const target = `${url}/axosoft`
      process.env['AXOSOFT_SITE'] = target
      process.env['AXOSOFT_CLIENT_ID'] = demoClient.clientId
      process.env['AXOSOFT_CLIENT_SECRET'] = demoClient.clientSecret
      const proxy = { '/api': { target } }
      return { server: { proxy }, preview: { proxy } }
    },
    configureServer: tellWhom,
    configurePreviewServer: tellWhom,
  }
}
