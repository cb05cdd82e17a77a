import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { ErrorPayload, InlineConfig, ViteDevServer } from 'vite'
import { build, createLogger, createServer, defaultServerConditions, preview } from 'vite'
import { afterAll, describe, expect, it } from 'vitest'
import { setDefaultStore } from '../src/stores/default-store.ts'
import { latchkey } from '../src/vite.ts'
import type { HotPage } from './support/hot-channel.ts'
import { openHotPage } from './support/hot-channel.ts'

/** How long to wait for file events and messages on a busy machine. */
const patience = { timeout: 15_000 }

const closers: (() => unknown)[] = []
const folders: string[] = []
afterAll(async () => {
  for (const close of closers) await close()
  for (const folder of folders) rmSync(folder, { recursive: true })
  // The plugin provides a store to all BFFs of this process, in which other tests may run.
  setDefaultStore(() => undefined as never)
})

// Vite imports by paths with slashes, on Windows too.
const index = fileURLToPath(new URL('../src/index.ts', import.meta.url)).replaceAll('\\', '/')
const providers = fileURLToPath(new URL('../src/providers/index.ts', import.meta.url)).replaceAll('\\', '/')

/** Creates a module whose authorization server issues this access token. */
const createEntry = (token: string, options = ''): string => `
  import { createBff } from '${index}'
  import { oauth2 } from '${providers}'
  const body = { access_token: '${token}', token_type: 'bearer', expires_in: 900 }
  export default createBff({
    provider: oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: process.env.PORTAL_ID }),
    logger: { info() {}, warn() {}, error() {} },
    platform: { fetch: async () => Response.json(body) },
    ${options}
  })`

function createProject(files: Record<string, string>): InlineConfig & { root: string } {
  const root = mkdtempSync(join(tmpdir(), 'latchkey-'))
  folders.push(root)
  const allFiles = {
    'index.html': '<title>The app</title><script type="module" src="/app.js"></script>',
    ...files,
  }
  for (const [name, content] of Object.entries(allFiles)) writeFileSync(join(root, name), content)
  const plugins = [latchkey({ entry: './auth.ts' })]
  // Sources, as in every other test, not what was compiled before.
  const sources = { resolve: { conditions: ['source', ...defaultServerConditions] } }
  return { root, configFile: false, logLevel: 'silent', plugins, ...sources, ssr: sources }
}

/** Starts `vite dev`. `lines` are the errors in its terminal. */
async function start(
  project: InlineConfig,
): Promise<{ base: string; server: ViteDevServer; lines: string[] }> {
  const lines: string[] = []
  const customLogger = { ...createLogger('silent'), error: (line: string) => void lines.push(line) }
  const server = await createServer({ ...project, customLogger, server: { port: 0, host: '127.0.0.1' } })
  closers.push(() => server.close())
  await server.listen()
  return { base: getUrl(server.httpServer), server, lines }
}

/** Waits until the server notices edits of a file. */
async function waitForWatcher({ watcher, config }: ViteDevServer, file = 'auth.ts'): Promise<void> {
  await expect.poll(() => watcher.getWatched()[config.root] ?? [], patience).toContain(file)
}

const getUrl = (server: ViteDevServer['httpServer']): string =>
  `http://127.0.0.1:${(server?.address() as AddressInfo | undefined)?.port}`

/** Opens a page. `getOverlays` returns the errors that the server has sent to it. */
async function openPage(
  base: string,
): Promise<Pick<HotPage, 'messages'> & { getOverlays: () => ErrorPayload['err'][] }> {
  const { messages, close } = await openHotPage(base)
  closers.push(close)
  return {
    messages,
    getOverlays: () => messages.flatMap((message) => (message.type === 'error' ? [message.err] : [])),
  }
}

const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' }
const body = JSON.stringify({ credentials: { username: 'cathy', password: 'p' } })

async function signIn(
  base: string,
  path = '/auth',
): Promise<{ token: unknown; cookie: string; headers: Headers }> {
  const response = await fetch(`${base}${path}/session`, {
    method: 'POST',
    headers: { ...headers, Origin: base },
    body,
  })
  const { token } = (await response.json()) as { token?: { access_token: string } }
  const [cookie = ''] = response.headers.getSetCookie()
  return { token: token?.access_token, cookie: cookie.split(';')[0] ?? '', headers: response.headers }
}

describe('latchkey() in vite dev', { timeout: 30_000 }, () => {
  it('serves the BFF with the variables of .env, and leaves other paths to Vite', async () => {
    const { base } = await start(
      createProject({ 'auth.ts': createEntry('first'), '.env': 'PORTAL_ID=portal' }),
    )
    const signedIn = await signIn(base)
    expect(signedIn.token).toBe('first')
    expect(signedIn.headers.get('access-control-allow-origin')).toBeNull()
    expect(await (await fetch(`${base}/authors`, { headers: { Accept: 'text/html' } })).text()).toContain(
      'The app',
    )
  })

  it('keeps users signed in when the server restarts', async () => {
    const project = createProject({ 'auth.ts': createEntry('first'), '.env': 'PORTAL_ID=portal' })
    const { cookie } = await signIn((await start(project)).base)
    const restored = await fetch(`${(await start(project)).base}/auth/session`, {
      headers: { ...headers, Cookie: cookie },
    })
    expect(await restored.json()).toMatchObject({ session: { user: { username: 'cathy' } } })
  })

  it('uses an edit of the module on the next request, its base path included', async () => {
    const project = createProject({ 'auth.ts': createEntry('first'), '.env': 'PORTAL_ID=portal' })
    const { base, server } = await start(project)
    expect((await signIn(base)).token).toBe('first')
    await waitForWatcher(server)
    writeFileSync(join(project.root, 'auth.ts'), createEntry('second', `basePath: '/gate',`))
    await expect
      .poll(async () => (await signIn(base, '/gate').catch(() => null))?.token, patience)
      .toBe('second')
  })

  it('uses an edit of a file that the module imports', async () => {
    const module = `import './options.ts'\n${createEntry('first', 'basePath: globalThis.testBasePath,')}`
    const project = createProject({
      'auth.ts': module,
      'options.ts': `globalThis.testBasePath = '/auth'`,
      '.env': 'PORTAL_ID=portal',
    })
    const { base, server } = await start(project)
    expect((await signIn(base)).token).toBe('first')
    await waitForWatcher(server, 'options.ts')
    writeFileSync(join(project.root, 'options.ts'), `globalThis.testBasePath = '/gate'`)
    await expect
      .poll(async () => (await signIn(base, '/gate').catch(() => null))?.token, patience)
      .toBe('first')
  })

  it('passes each request to the BFF of a list that owns its path, proxy paths included', async () => {
    const bffs = `
      import { createBff } from '${index}'
      import { oauth2 } from '${providers}'
      const create = (name) => createBff({
        provider: oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: name }),
        basePath: '/auth/' + name,
        mode: 'proxy',
        proxy: [{ path: '/api/' + name + '/*', to: 'https://api.example.com/' + name + '/*', methods: ['GET'] }],
        logger: { info() {}, warn() {}, error() {} },
        platform: {
          fetch: async (url, { headers }) =>
            url.startsWith('https://as.')
              ? Response.json({ access_token: name, token_type: 'bearer', expires_in: 900 })
              : new Response(url + ' ' + new Headers(headers).get('authorization')),
        },
      })
      export default [create('one'), create('two')]`
    const { base } = await start(createProject({ 'auth.ts': bffs }))
    const cookies: string[] = []
    for (const name of ['one', 'two']) cookies.push((await signIn(base, `/auth/${name}`)).cookie)
    const get = (path: string): Promise<Response> =>
      fetch(base + path, { headers: { ...headers, Cookie: cookies.join('; ') } })
    for (const name of ['one', 'two'])
      expect(await (await get(`/api/${name}/items`)).text()).toBe(
        `https://api.example.com/${name}/items Bearer ${name}`,
      )
    expect((await get('/auth/one/nothing')).status).toBe(404)
    const foreign = await fetch(`${base}/api/three`, { headers: { Accept: 'text/html' } })
    expect(await foreign.text()).toContain('The app')
  })
})

const canUpgrade = `export default {
  basePath: '/auth',
  owns: (path) => path.startsWith('/auth/'),
  handle: async ({ canUpgrade }) => ({ status: 200, headers: {}, body: String(canUpgrade) }),
}`

/** Sends a WebSocket request, and returns the body of the response that refuses it. */
async function sendUpgrade(url: string): Promise<string> {
  const outgoing = request(url, { headers: { Connection: 'Upgrade', Upgrade: 'websocket' } }).end()
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  return text(response)
}

describe('latchkey() and WebSockets', { timeout: 30_000 }, () => {
  it('passes those of the paths of the BFF to it in vite dev, and leaves that of hot updates to Vite', async () => {
    const { base } = await start(createProject({ 'auth.ts': canUpgrade }))
    expect(await sendUpgrade(`${base}/auth/chat`)).toBe('true')
    expect((await openPage(base)).messages).toEqual([expect.objectContaining({ type: 'connected' })])
  })

  it('passes them to the BFF in vite preview', async () => {
    const project = createProject({ 'auth.ts': canUpgrade, 'app.js': 'document.title' })
    await build(project)
    const server = await preview({ ...project, preview: { port: 0, host: '127.0.0.1' } })
    closers.push(() => server.close())
    expect(await sendUpgrade(`${getUrl(server.httpServer)}/auth/chat`)).toBe('true')
  })
})

describe('latchkey() in vite dev, when the module cannot be loaded', { timeout: 30_000 }, () => {
  it.each([
    [
      'has no default export',
      'export const bff = 1',
      'must have a default export: export default createBff(',
    ],
    ['exports an empty list', 'export default []', 'must have a default export'],
    [
      'exports two BFFs at one base path',
      `const bff = { basePath: '/auth', owns: () => true, handle: async () => ({ status: 200, headers: {}, body: null }) }
       export default [bff, bff]`,
      'exports two BFFs at /auth',
    ],
    ['has an invalid option', createEntry('first', 'timeout: -1'), 'timeout: '],
  ])('reports that it %s, and breaks only the paths of the BFF', async (_, module, message) => {
    const { base, lines } = await start(createProject({ 'auth.ts': module, '.env': 'PORTAL_ID=portal' }))
    expect((await fetch(`${base}/`, { headers: { Accept: 'text/html' } })).status).toBe(200)
    const response = await fetch(`${base}/auth/session`, { headers })
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ error: 'server_error' })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('[latchkey] Loading ./auth.ts failed: ')
    expect(lines[0]).toContain(message)
    expect(lines[0]).not.toMatch(/^\s+at /m)
  })

  it('shows the reason once in the terminal, and in the error overlay of every page', async () => {
    const { base, lines } = await start(createProject({ 'auth.ts': createEntry('first', 'timeout: -1') }))
    const page = await openPage(base)
    for (let count = 0; count < 3; count += 1) await fetch(`${base}/auth/session`, { headers })
    await expect.poll(page.getOverlays, patience).toMatchObject([{ stack: '' }])
    const laterPage = await openPage(base)
    await expect.poll(laterPage.getOverlays, patience).toHaveLength(1)
    expect(page.getOverlays()).toEqual(laterPage.getOverlays())
    expect(lines).toEqual([`[latchkey] ${page.getOverlays()[0]?.message}`])
  })

  /** Starts with a module that cannot be loaded, opens a page, and edits the module. */
  async function editBrokenModule(edit: string): Promise<{
    base: string
    lines: string[]
    page: Awaited<ReturnType<typeof openPage>>
  }> {
    const project = createProject({ 'auth.ts': createEntry('first', 'timeout: -1'), '.env': 'PORTAL_ID=p' })
    const { base, server, lines } = await start(project)
    await waitForWatcher(server)
    const page = await openPage(base)
    await fetch(`${base}/auth/session`, { headers })
    await expect.poll(page.getOverlays, patience).toHaveLength(1)
    writeFileSync(join(project.root, 'auth.ts'), edit)
    return { base, lines, page }
  }

  it('reports the failure of an edited module without a request', async () => {
    const { lines, page } = await editBrokenModule(createEntry('first', 'secret: "short"'))
    await expect.poll(() => page.getOverlays().at(-1)?.message, patience).toContain('secret: ')
    expect(lines.at(-1)).toContain('secret: ')
  })

  it('reloads the pages when an edit repairs the module', async () => {
    const { base, page } = await editBrokenModule(createEntry('first'))
    await expect.poll(() => page.messages.some(({ type }) => type === 'full-reload'), patience).toBe(true)
    const laterPage = await openPage(base)
    await expect.poll(() => laterPage.messages.length, patience).toBeGreaterThan(0)
    expect(laterPage.getOverlays()).toEqual([])
  })

  it('names the place in the code of an unexpected error, and hides the secrets of .env', async () => {
    const project = createProject({
      'auth.ts': '\nconst secret: string = `${process.env.API_SECRET}`\n\nthrow new TypeError(secret)',
      '.env': 'API_SECRET=canary-of-the-secret',
    })
    const { base, lines } = await start(project)
    const page = await openPage(base)
    await fetch(`${base}/auth/session`, { headers })
    await expect.poll(page.getOverlays, patience).toHaveLength(1)
    const overlay = JSON.stringify(page.getOverlays())
    expect(overlay).toContain('TypeError: (secret)')
    expect(lines.join('\n')).toMatch(
      /\[latchkey\] Loading \.\/auth\.ts failed: TypeError: \(secret\)\n.*auth\.ts:4:7/,
    )
    expect(overlay + lines.join('\n')).not.toContain('canary')
  })
})

describe('latchkey() in vite build and vite preview', { timeout: 30_000 }, () => {
  it('serves the BFF beside the built app', async () => {
    const bff = `export default { basePath: '/auth', owns: (path) => path.startsWith('/auth/'), handle: async () => ({ status: 200, headers: {}, body: process.env.PORTAL_ID }) }`
    const project = createProject({ 'auth.ts': bff, '.env': 'PORTAL_ID=portal', 'app.js': 'document.title' })
    await build(project)
    const server = await preview({ ...project, preview: { port: 0, host: '127.0.0.1' } })
    closers.push(() => server.close())
    const base = getUrl(server.httpServer)
    expect(await (await fetch(`${base}/auth/session`)).text()).toBe('portal')
    expect(await (await fetch(base)).text()).toContain('The app')
  })

  it('fails a build that would send a secret to browsers, without printing it', async () => {
    const project = createProject({
      '.env': 'VITE_CLIENT_SECRET=correct-horse-battery',
      'app.js': 'document.title = import.meta.env.VITE_CLIENT_SECRET',
    })
    const failure: unknown = await build(project).catch((error: unknown) => error)
    expect(String(failure)).toContain('VITE_CLIENT_SECRET')
    expect(String(failure)).not.toContain('correct-horse-battery')
  })
})
