import { latchkey } from '@latchkey/bff/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
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

export default defineConfig({
  // The sandbox comes first: it sets the variables that server/auth.ts reads.
  // Of its four systems the page shows one, so no session is restored before it knows which.
  plugins: [sandbox(), react(), latchkey({ entry: './server/auth.ts', restoreScript: false })],
  preview: { headers: { 'Content-Security-Policy': contentSecurityPolicy } },
  build: { rolldownOptions: { input: ['index.html', 'help.html'] } },
})
