import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InlineConfig, ViteDevServer } from 'vite'
import { build, createLogger, createServer, defaultServerConditions, preview } from 'vite'
import { afterAll, describe, expect, it } from 'vitest'
import { latchkey } from '../src/vite.ts'

const closing: (() => Promise<unknown>)[] = []
const folders: string[] = []
afterAll(async () => {
  for (const close of closing) await close()
  for (const folder of folders) rmSync(folder, { recursive: true })
})

// Vite imports by paths with slashes, on Windows too.
const index = fileURLToPath(new URL('../src/index.ts', import.meta.url)).replaceAll('\\', '/')
const providers = fileURLToPath(new URL('../src/providers/index.ts', import.meta.url)).replaceAll('\\', '/')

/** A module whose authorization server is a function, as a user's would not be. */
const entry = (token: string, more = ''): string => `
  import { createBff } from '${index}'
  import { oauth2 } from '${providers}'
  const answer = { access_token: '${token}', token_type: 'bearer', expires_in: 900 }
  export default createBff({
    provider: oauth2({ tokenEndpoint: 'https://as.example.com/token', clientId: process.env.PORTAL_ID }),
    logger: { info() {}, warn() {}, error() {} },
    platform: { fetch: async () => Response.json(answer) },
    ${more}
  })`

function makeProject(files: Record<string, string>): InlineConfig & { root: string } {
  const root = mkdtempSync(join(tmpdir(), 'latchkey-'))
  folders.push(root)
  const all = {
    'index.html': '<title>The app</title><script type="module" src="/app.js"></script>',
    ...files,
  }
  for (const [name, text] of Object.entries(all)) writeFileSync(join(root, name), text)
  const plugins = [latchkey({ entry: './auth.ts' })]
  // Sources, as in every other test, not what was compiled before.
  const sources = { resolve: { conditions: ['source', ...defaultServerConditions] } }
  return { root, configFile: false, logLevel: 'silent', plugins, ...sources, ssr: sources }
}

async function start(project: InlineConfig): Promise<{ base: string; server: ViteDevServer }> {
  const server = await createServer({ ...project, server: { port: 0, host: '127.0.0.1', ws: false } })
  closing.push(() => server.close())
  await server.listen()
  return { base: baseOf(server.httpServer), server }
}

const baseOf = (server: ViteDevServer['httpServer']): string =>
  `http://127.0.0.1:${(server?.address() as AddressInfo | undefined)?.port}`

const dev = async (project: InlineConfig): Promise<string> => (await start(project)).base

const headers = { 'X-Latchkey': '1', 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' }
const body = JSON.stringify({ credentials: { username: 'cathy', password: 'p' } })

async function signIn(
  base: string,
  path = '/auth',
): Promise<{ token: unknown; cookie: string; headers: Headers }> {
  const answer = await fetch(`${base}${path}/session`, {
    method: 'POST',
    headers: { ...headers, Origin: base },
    body,
  })
  const { token } = (await answer.json()) as { token?: { access_token: string } }
  const [cookie = ''] = answer.headers.getSetCookie()
  return { token: token?.access_token, cookie: cookie.split(';')[0] ?? '', headers: answer.headers }
}

describe('latchkey() in vite dev', { timeout: 30_000 }, () => {
  it('serves the BFF with what .env says, and leaves everything else to Vite', async () => {
    const base = await dev(makeProject({ 'auth.ts': entry('first'), '.env': 'PORTAL_ID=portal' }))
    const signedIn = await signIn(base)
    expect(signedIn.token).toBe('first')
    expect(signedIn.headers.get('access-control-allow-origin')).toBeNull()
    expect(await (await fetch(`${base}/authors`, { headers: { Accept: 'text/html' } })).text()).toContain(
      'The app',
    )
  })

  it('keeps everybody signed in when the server starts again', async () => {
    const project = makeProject({ 'auth.ts': entry('first'), '.env': 'PORTAL_ID=portal' })
    const { cookie } = await signIn(await dev(project))
    const restored = await fetch(`${await dev(project)}/auth/session`, {
      headers: { ...headers, Cookie: cookie },
    })
    expect(await restored.json()).toMatchObject({ session: { user: { username: 'cathy' } } })
  })

  it('uses a change of the module from the next request on, its base path included', async () => {
    const project = makeProject({ 'auth.ts': entry('first'), '.env': 'PORTAL_ID=portal' })
    const { base, server } = await start(project)
    expect((await signIn(base)).token).toBe('first')
    const changed = new Promise((done) => server.watcher.once('change', done))
    writeFileSync(join(project.root, 'auth.ts'), entry('second', `basePath: '/gate',`))
    await changed
    await expect.poll(async () => (await signIn(base, '/gate').catch(() => null))?.token).toBe('second')
  })

  it('hands each request to that one of several BFFs that owns it, the paths of their proxies included', async () => {
    const bffs = `
      import { createBff } from '${index}'
      import { oauth2 } from '${providers}'
      const make = (name) => createBff({
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
      export default [make('one'), make('two')]`
    const base = await dev(makeProject({ 'auth.ts': bffs }))
    const cookies: string[] = []
    for (const name of ['one', 'two']) cookies.push((await signIn(base, `/auth/${name}`)).cookie)
    const ask = (path: string): Promise<Response> =>
      fetch(base + path, { headers: { ...headers, Cookie: cookies.join('; ') } })
    for (const name of ['one', 'two'])
      expect(await (await ask(`/api/${name}/items`)).text()).toBe(
        `https://api.example.com/${name}/items Bearer ${name}`,
      )
    expect((await ask('/auth/one/nothing')).status).toBe(404)
    const elsewhere = await fetch(`${base}/api/three`, { headers: { Accept: 'text/html' } })
    expect(await elsewhere.text()).toContain('The app')
  })

  it.each([
    ['nothing', '[]', 'must have a default export'],
    ['two at one base path', '[bff, bff]', 'exports two BFFs at /auth'],
  ])('says what is wrong with a list of %s', async (_, list, message) => {
    const lines: string[] = []
    const bff = `const bff = { basePath: '/auth', owns: () => true, fetch: async () => new Response() }`
    const project = makeProject({ 'auth.ts': `${bff}\nexport default ${list}` })
    const note = (line: string): void => void lines.push(line)
    const customLogger = { ...createLogger('silent'), error: note }
    const base = await dev({ ...project, customLogger })
    expect((await fetch(`${base}/auth/session`)).status).toBe(500)
    expect(lines.join()).toContain(message)
  })

  it('breaks only its own path when the module is broken, and tells how a good one looks', async () => {
    const lines: string[] = []
    const project = makeProject({ 'auth.ts': 'export const bff = 1' })
    const note = (line: string): void => void lines.push(line)
    const customLogger = {
      info: note,
      warn: note,
      warnOnce: note,
      error: note,
      clearScreen: () => {},
      hasErrorLogged: () => false,
      hasWarned: false,
    }
    const base = await dev({ ...project, customLogger })
    expect((await fetch(`${base}/`, { headers: { Accept: 'text/html' } })).status).toBe(200)
    const answer = await fetch(`${base}/auth/session`, { headers })
    expect(answer.status).toBe(500)
    expect(await answer.json()).toMatchObject({ error: 'server_error' })
    expect(lines.join('\n')).toContain(
      './auth.ts must have a default export: export default createBff({ … })',
    )
  })
})

describe('latchkey() in vite build and vite preview', { timeout: 30_000 }, () => {
  it('serves the BFF beside the built app', async () => {
    const bff = `export default { basePath: '/auth', owns: (path) => path.startsWith('/auth/'), fetch: async () => new Response(process.env.PORTAL_ID) }`
    const project = makeProject({ 'auth.ts': bff, '.env': 'PORTAL_ID=portal', 'app.js': 'document.title' })
    await build(project)
    const server = await preview({ ...project, preview: { port: 0, host: '127.0.0.1' } })
    closing.push(() => server.close())
    const base = baseOf(server.httpServer)
    expect(await (await fetch(`${base}/auth/session`)).text()).toBe('portal')
    expect(await (await fetch(base)).text()).toContain('The app')
  })

  it('fails a build that would give a secret to browsers, without saying it', async () => {
    const env = 'VITE_CLIENT_SECRET=correct-horse-battery'
    const project = makeProject({
      '.env': env,
      'app.js': 'document.title = import.meta.env.VITE_CLIENT_SECRET',
    })
    const failure: unknown = await build(project).catch((error: unknown) => error)
    expect(String(failure)).toContain('VITE_CLIENT_SECRET')
    expect(String(failure)).not.toContain('correct-horse-battery')
  })
})
