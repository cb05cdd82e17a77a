import { createRestoreScript } from '@latchkey/bff'
import { toNodeListener } from '@latchkey/bff/node'
import express from 'express'
import bff from './auth.ts'

const { HOST = '127.0.0.1', PORT = '3000' } = process.env

const pageHeaders = {
  'Cache-Control': 'no-cache',
  'Content-Security-Policy':
    `default-src 'none'; script-src 'self' ${createRestoreScript().cspSource}; ` +
    "style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
}

const app = express()
app.disable('x-powered-by')
app.use(toNodeListener(bff))
app.use('/assets', express.static('dist/assets', { immutable: true, maxAge: '1y' }))
app.use(express.static('dist', { index: false }))
// Without this line, a missing file or API route would be the page with status 200.
app.use(['/api', '/assets'], (_request, response) => void response.sendStatus(404))
app.get('/{*path}', (_request, response) => {
  response.set(pageHeaders).sendFile('index.html', { root: 'dist' })
})

const server = app.listen(Number(PORT), HOST, (error) => {
  if (error) throw error
  console.log(`Listening on http://${HOST}:${PORT}`)
})

process.once('SIGTERM', () => {
  server.close()
  void bff.close()
  // A client that reads slowly must not keep the process.
  setTimeout(() => server.closeAllConnections(), 10_000).unref()
})
