import { latchkey } from '@latchkey/bff/vite'
import react from '@vitejs/plugin-react'
import type { ProxyOptions } from 'vite'
import { defineConfig, loadEnv } from 'vite'
import { sandbox } from './vite-sandbox.ts'

/** What the built page may load: its own files, and nothing inline. Send the same from your own server. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

export default defineConfig(({ mode }) => {
  const { AXOSOFT_SITE } = loadEnv(mode, import.meta.dirname, 'AXOSOFT_')
  const proxy = { '/api': apiOf(AXOSOFT_SITE) }
  return {
    plugins: [react(), latchkey({ entry: './server/auth.ts' }), sandbox(AXOSOFT_SITE)],
    server: { proxy },
    preview: { proxy, headers: { 'Content-Security-Policy': contentSecurityPolicy } },
    build: { rolldownOptions: { input: ['index.html', 'help.html'] } },
  }
})

/** The API below the page's own origin, so that no request needs CORS. */
function apiOf(site = ''): ProxyOptions {
  return {
    target: site,
    changeOrigin: true,
    // The cookie names the session to the BFF, and is nobody else's business.
    configure: (server) => server.on('proxyReq', (request) => request.removeHeader('cookie')),
  }
}
