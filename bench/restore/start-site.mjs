import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRestoreScript } from '@latchkey/bff'
import { buildPage } from '../build-page.mjs'

/** Milliseconds by which the server delays every response, as a mobile network does. */
export const delayMs = 200

/** @typedef {keyof typeof heads} PageName */

/** What the HTML of each page contains before the script of the application. */
const heads = {
  'without the script': '',
  'script inline': `<script>${createRestoreScript().code}</script>`,
  'script as a file': '<script src="/restore.js"></script>',
}

export const pageNames = /** @type {PageName[]} */ (Object.keys(heads))

const session = {
  session: { session_id: 's1', subject: 'cathy', user: null, scope: [], expires_in: 28_800 },
  token: { access_token: 'token', token_type: 'Bearer', expires_in: 3600, sequence: 1 },
  mode: 'token',
  sign_in: {},
}

/**
 * Starts a server with a page for each {@link PageName}, the application, and stubs of the BFF and the API.
 *
 * @returns {Promise<{ getUrl: (name: PageName) => string; requests: string[]; close: () => void }>} `requests` are the
 *   paths so far
 */
export async function startSite() {
  const application = await buildPage(import.meta.dirname)
  /** @type {Map<string, { contentType: string; body: string }>} */
  const responses = new Map([
    ['/application.js', { contentType: 'text/javascript', body: application }],
    ['/restore.js', { contentType: 'text/javascript', body: createRestoreScript().code }],
    ['/auth/session', { contentType: 'application/json', body: JSON.stringify(session) }],
    ['/api/items', { contentType: 'application/json', body: '[]' }],
  ])
  for (const name of pageNames) {
    const icon = '<link rel="icon" href="data:,">'
    const body = `<!doctype html><head>${heads[name]}${icon}<script type="module" src="/application.js"></script></head>`
    responses.set(getPath(name), { contentType: 'text/html', body })
  }
  /** @type {string[]} */
  const requests = []
  const server = createServer(({ url = '' }, response) => {
    requests.push(url)
    const { contentType, body } = responses.get(url) ?? { contentType: 'text/plain', body: '' }
    setTimeout(() => {
      response.writeHead(responses.has(url) ? 200 : 404, {
        'Content-Type': contentType,
        'Cache-Control': 'no-store',
      })
      response.end(body)
    }, delayMs)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return {
    getUrl: (name) => `http://127.0.0.1:${address.port}${getPath(name)}`,
    requests,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** @param {PageName} name */
function getPath(name) {
  return `/${name.replaceAll(' ', '-')}`
}
