import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunningSandbox } from '@latchkey/sandbox'
import { cathy, demoClient, startSandbox, workItems } from '@latchkey/sandbox'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { it } from '../browser/chromium-test.ts'
import { findCommand, parseSnippets } from '../package/snippets.ts'
import type { ViteProcess } from '../package/user-project.ts'
import { startVite } from '../package/user-project.ts'
import { createCertificate, findNginx, startNginx } from './nginx.ts'
import { correctCode, startSecondFactorServer } from './second-factor-server.ts'
import type { StartedProcess } from './start-process.ts'
import { startProcess } from './start-process.ts'
import type { ViteApp } from './vite-app.ts'
import { createViteApp, readDocument } from './vite-app.ts'
import { findFreePort } from '../support/free-port.ts'

const production = readDocument('docs/production.md')
const nginxProgram = findNginx()
const hookTimeout = 120_000
let sandbox: RunningSandbox
let app: ViteApp

beforeAll(async () => {
  sandbox = await startSandbox()
  app = await createViteApp()
  app.write('.env.local', app.read('.env.local').replace('http://127.0.0.1:8910', sandbox.url))
}, hookTimeout)

afterAll(async () => {
  await sandbox.close()
  app.remove()
}, hookTimeout)

it("is in a template whose .gitignore covers the README's credentials and both builds", () => {
  expect(app.read('.gitignore').split('\n')).toEqual(expect.arrayContaining(['*.local', 'dist', 'dist-ssr']))
})

describe.each([
  ['React 19', []],
  ['React 18', ['react@18', 'react-dom@18', '@types/react@18', '@types/react-dom@18']],
])("the README's first page with %s", (_, packages) => {
  let vite: ViteProcess
  let secondFactor: Awaited<ReturnType<typeof startSecondFactorServer>>
  let url: string

  beforeAll(async () => {
    if (packages.length > 0) await app.run(['npm', 'install', ...packages])
    secondFactor = await startSecondFactorServer()
    const credentials = app.read('.env.local').replace(/^SITE=.*\n/m, '')
    app.write('.env.local', `${credentials}SITE=${secondFactor.url}\n`)
    vite = await startVite(app.folder)
    url = `${vite.url}/`
  }, hookTimeout)

  afterAll(async () => {
    await vite.stop()
    await secondFactor.close()
  }, hookTimeout)

  it('passes the type checker, the linter and the build of the template', { timeout: 60_000 }, async () => {
    await app.run(['npm', 'run', 'lint', '--', '--deny-warnings', '.'])
    await app.run(['npm', 'run', 'build'])
  })

  it('signs in, shows data, and stays signed in after a reload', async ({ harness }) => {
    const page = await harness.openPage(url)
    await signIn(page, cathy.password)
    await expectItems(page)
    await page.reload()
    await expectItems(page)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await username(page).waitFor()
  })

  it('shows a sentence for a wrong password, keeps the username, and puts nothing into the address', async ({
    harness,
  }) => {
    const page = await harness.openPage(url)
    await signIn(page, 'wrong')
    await expectAlert(page, 'The login ID or password is not right.')
    expect(await username(page).inputValue()).toBe(cathy.username)
    expect(page.url()).toBe(url)
    await signIn(page, cathy.password)
    await expectItems(page)
    expect(page.url()).toBe(url)
  })

  it('shows a sentence when the authorization server does not respond', async ({ harness }) => {
    const page = await harness.openPage(url)
    sandbox.faults.add({ kind: 'status', status: 503 })
    await signIn(page, cathy.password)
    await expectAlert(page, 'Sign-in is not available right now.')
  })

  it('submits by POST without its script, so that the password is not in the address', async ({
    harness,
  }) => {
    const live = await harness.openPage(url)
    await username(live).waitFor()
    const form = await live.locator('form').evaluate((element) => element.outerHTML)

    const page = await harness.openPage('about:blank', { javaScriptEnabled: false })
    await page.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: form }))
    await page.goto(url)
    const submitted = page.waitForRequest((request) => request.method() === 'POST')
    await signIn(page, cathy.password)
    expect((await submitted).url()).toBe(url)
    expect(page.url()).not.toContain('password')
  })

  it('asks for a second factor, with the server of docs/providers.md', async ({ harness }) => {
    const server = app.read('server/auth.ts')
    app.paste(readDocument('docs/providers.md'))
    await harness.closeAtEnd({ close: async () => app.write('server/auth.ts', server) })

    const page = await harness.openPage(url)
    await signIn(page, 'wrong')
    await expectAlert(page, 'The username or password is not right.')
    await signIn(page, cathy.password)
    await page.getByText('One more step for cathy.').waitFor()
    const code = page.getByLabel('One-time code')
    expect(await code.evaluate((input) => input === document.activeElement)).toBe(true)
    await code.fill('000000')
    await page.keyboard.press('Enter')
    await expectAlert(page, 'That code is not right.')
    await code.fill(correctCode)
    await page.keyboard.press('Enter')
    await page.getByText('Behind the second factor').waitFor()
  })
})

describe('the server of docs/production.md', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    app.paste(production)
    for (const start of ['npm install express', 'npm install --save-dev', 'npm run build', 'npx vite build'])
      await app.run(findCommand(production, start))
  }, hookTimeout)

  it('serves the page and the BFF, keeps its sessions over a restart, and ends at SIGTERM', async ({
    harness,
  }) => {
    const port = await findFreePort()
    const origin = `http://127.0.0.1:${port}`
    const first = await startServer(origin, port)
    const page = await harness.openPage(`${origin}/some/path`)
    await signIn(page, cathy.password)
    await expectItems(page)
    expect((await fetch(`${origin}/assets/missing.js`)).status).toBe(404)
    expect((await fetch(`${origin}/api/v6/items`)).status).toBe(403)
    expect(await first.stop()).toBe(0)

    const second = await startServer(origin, port)
    await page.reload()
    await expectItems(page)
    expect(await second.stop()).toBe(0)
  })

  it('does not start without its secrets', async () => {
    await expect(startServer('', 0)).rejects.toThrow(
      /secret: is too short\. Expected: .+\n.+origin: is not valid/,
    )
  })

  // Debian has it as a package. Without it, the test above covers the server itself.
  it.skipIf(nginxProgram === null)('works behind the nginx of the page, over https', async ({ harness }) => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-nginx-'))
    await harness.closeAtEnd({ close: async () => rmSync(folder, { recursive: true, force: true }) })
    const [port, httpPort, httpsPort] = [await findFreePort(), await findFreePort(), await findFreePort()]
    const { certificate, key } = await createCertificate(folder)
    const servers = getSnippet(production, '/etc/nginx/conf.d/portal.conf')
      .replaceAll('portal.example.com;', 'localhost;')
      .replace('listen 80;', `listen 127.0.0.1:${httpPort};`)
      .replace('listen 443 ssl;', `listen 127.0.0.1:${httpsPort} ssl;`)
      .replace('/etc/ssl/portal.example.com.pem', certificate)
      .replace('/etc/ssl/portal.example.com.key', key)
      .replace('http://127.0.0.1:3000', `http://127.0.0.1:${port}`)
    const nginx = await startNginx(nginxProgram ?? '', folder, servers)
    await harness.closeAtEnd({ close: async () => void (await nginx.stop()) })
    const origin = `https://localhost:${httpsPort}`
    const server = await startServer(origin, port)
    await harness.closeAtEnd({ close: async () => void (await server.stop()) })

    const redirect = await fetch(`http://127.0.0.1:${httpPort}/items?x=1`, {
      headers: { Host: 'localhost' },
      redirect: 'manual',
    })
    expect(redirect.headers.get('Location')).toMatch(/^https:\/\/\S+\/items\?x=1$/)
    const page = await harness.openPage(origin, { ignoreHTTPSErrors: true })
    await signIn(page, cathy.password)
    await expectItems(page)
    const cookies = await page.context().cookies()
    expect(cookies).toContainEqual(
      expect.objectContaining({ name: '__Host-Http-latchkey', secure: true, httpOnly: true }),
    )
    await page.reload()
    await expectItems(page)
  })

  /** Starts the server as the page does. Every value comes from the page's environment file but those of this test. */
  function startServer(origin: string, port: number): Promise<StartedProcess> {
    const environment = getSnippet(production, '/etc/portal.env')
      .replace('AXOSOFT_SITE=https://acct.axosoft.com', `AXOSOFT_SITE=${sandbox.url}/axosoft`)
      .replace('CLIENT_ID=\n', `CLIENT_ID=${demoClient.clientId}\n`)
      .replace('CLIENT_SECRET=\n', `CLIENT_SECRET=${demoClient.clientSecret}\n`)
      .replace('ORIGIN=https://portal.example.com', `ORIGIN=${origin}`)
      .replace(
        'SESSION_SECRET=\n',
        origin === '' ? 'SESSION_SECRET=\n' : `SESSION_SECRET=${'s'.repeat(64)}\n`,
      )
    app.write('portal.env', `${environment}PORT=${port}\n`)
    const [, ...args] = findCommand(production, 'node --env-file').map((word) =>
      word.replace('/etc/portal.env', 'portal.env'),
    )
    return startProcess(process.execPath, args, /Listening on/, app.folder)
  }
})

function getSnippet(markdown: string, file: string): string {
  const snippet = parseSnippets(markdown).find((candidate) => candidate.file === file)
  if (!snippet) throw new Error(`There is no snippet ${file}`)
  return snippet.code
}

/** Axosoft calls it "Login ID". */
function username(page: Page): Locator {
  return page.getByLabel(/^(Login ID|Username)$/)
}

async function signIn(page: Page, password: string): Promise<void> {
  await username(page).fill(cathy.username)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function expectItems(page: Page): Promise<void> {
  const list = page.locator('#root p')
  await expect.poll(() => list.allTextContents()).toEqual(workItems.map(({ name }) => name))
}

async function expectAlert(page: Page, text: string): Promise<void> {
  await page.getByRole('alert').filter({ hasText: text }).waitFor()
}
