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

export default defineConfig(async ({ command, mode }) => {
  const { AXOSOFT_SITE } = loadEnv(mode, import.meta.dirname, 'AXOSOFT_')
  const demo = command === 'serve' ? await sandbox(AXOSOFT_SITE) : undefined
  const proxy = { '/api': apiOf(AXOSOFT_SITE || process.env['AXOSOFT_SITE'] || '') }
  return {
    plugins: [react(), latchkey({ entry: './server/auth.ts' }), demo],
    server: { proxy },
    preview: { proxy, headers: { 'Content-Security-Policy': contentSecurityPolicy } },
    build: { rolldownOptions: { input: ['index.html', 'help.html'] } },
  }
})

/** The API below the page's own origin, so that no request needs CORS. */
function apiOf(target: string): ProxyOptions {
  return {
    target,
    changeOrigin: true,
    // The cookie names the session to the BFF, and is nobody else's business.
    configure: (server) => server.on('proxyReq', (request) => request.removeHeader('cookie')),
  }
}
