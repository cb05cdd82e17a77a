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
  const own = loadEnv(mode, import.meta.dirname, ['AXOSOFT_', 'BRIGHT_PATTERN_', 'CLASS_', 'CLASSY_'])
  const proxy = proxyTo(own)
  return {
    plugins: [react(), latchkey({ entry: './server/auth.ts' }), sandbox(own, proxyTo)],
    server: { proxy },
    preview: { proxy, headers: { 'Content-Security-Policy': contentSecurityPolicy } },
    build: { rolldownOptions: { input: ['index.html', 'help.html'] } },
  }
})

/** The APIs below the page's own origin, so that no request needs CORS. Classy's is reached through its BFF alone. */
function proxyTo(variables: Record<string, string>): Record<string, ProxyOptions> {
  const { AXOSOFT_SITE, BRIGHT_PATTERN_SITE, BRIGHT_PATTERN_TENANT, CLASS_API, CLASS_BUSINESS } = variables
  return {
    '/api/axosoft/': api(`${AXOSOFT_SITE}/api`),
    '/api/bright-pattern/': api(`${BRIGHT_PATTERN_SITE || `https://${BRIGHT_PATTERN_TENANT}`}/configapi/v2`),
    '/api/class/': api(`${CLASS_API || 'https://api.class.com.au/api/1.0'}/b/${CLASS_BUSINESS}`),
  }
}

function api(target: string): ProxyOptions {
  return {
    target,
    changeOrigin: true,
    rewrite: (path) => path.replace(/^\/api\/[^/]+/, ''),
    // The cookies name sessions to the BFFs, and are nobody else's business.
    configure: (server) => server.on('proxyReq', (request) => request.removeHeader('cookie')),
  }
}
