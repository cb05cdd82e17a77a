// Delete this file, and its two lines in vite.config.ts, when you point at your own provider.
import { cathy, demoClient, startSandbox } from '@latchkey/sandbox'
import type { PreviewServer, ViteDevServer } from 'vite'
import type { Plugin } from 'vite'

/**
 * Starts a stand-in for Axosoft where no `AXOSOFT_SITE` is set, and tells whom to sign in as. It lives as
 * long as the process, through the restarts of Vite's server within it.
 */
export async function sandbox(site: string | undefined): Promise<Plugin | undefined> {
  if (site) return
  const { url } = await startSandbox()
  process.env['AXOSOFT_SITE'] = `${url}/axosoft`
  process.env['AXOSOFT_CLIENT_ID'] = demoClient.clientId
  process.env['AXOSOFT_CLIENT_SECRET'] = demoClient.clientSecret

  const tellWhom = (server: ViteDevServer | PreviewServer): void => {
    const printUrls = server.printUrls.bind(server)
    server.printUrls = () => {
      printUrls()
      server.config.logger.info(`  ➜  Sign in as ${cathy.username}, password ${cathy.password}`)
    }
  }
  return { name: 'sandbox', configureServer: tellWhom, configurePreviewServer: tellWhom }
}
