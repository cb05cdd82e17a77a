import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from '../first-page/start-process.ts'
import { connectBidi } from './bidi-connection.ts'
import type { Cookie, Profile, Tab, TestBrowser } from './browser.ts'
import { formatCall } from './browser.ts'

/** Firefox sets what automation needs by itself; this only keeps it from looking for the Internet. */
const preferences = {
  'browser.shell.checkDefaultBrowser': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
}

interface LogEntry {
  level: string
  text: string | null
}

interface BidiCookie extends Omit<Cookie, 'expiry'> {
  expiry?: number
}

/** Starts Firefox without a window and drives it by WebDriver BiDi. */
export async function startFirefox({ firefox = '' }: Record<string, string>): Promise<TestBrowser> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-firefox-'))
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  )
  writeFileSync(join(folder, 'user.js'), lines.join('\n'))
  const args = ['--headless', '--no-remote', '--profile', folder, '--remote-debugging-port', '0']
  // HOME, because Firefox refuses to start as root in the home folder of another user.
  const process = await startProcess(firefox, args, /BiDi listening on (ws:\S+)/, folder, { HOME: folder })
  const bidi = await connectBidi(`${process.match[1]}/session`)
  await bidi.send('session.new', { capabilities: {} })
  await bidi.send('session.subscribe', { events: ['log.entryAdded'] })
  const pageErrors: string[] = []
  bidi.onEvent('log.entryAdded', (entry) => {
    const { level, text } = entry as LogEntry
    if (level === 'error') pageErrors.push(String(text))
  })
  return {
    async openProfile() {
      const { userContext } = (await bidi.send('browser.createUserContext', {})) as { userContext: string }
      return createProfile(bidi, userContext)
    },
    takePageErrors: () => pageErrors.splice(0),
    async close() {
      bidi.close()
      await process.stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

type Bidi = Awaited<ReturnType<typeof connectBidi>>

function createProfile(bidi: Bidi, userContext: string): Profile {
  return {
    async openTab() {
      const created = await bidi.send('browsingContext.create', { type: 'tab', userContext })
      return createTab(bidi, (created as { context: string }).context)
    },
    close: async () => void (await bidi.send('browser.removeUserContext', { userContext })),
  }
}

function createTab(bidi: Bidi, context: string): Tab {
  return {
    open: async (url) =>
      void (await bidi.send('browsingContext.navigate', { context, url, wait: 'complete' })),
    reload: async () => void (await bidi.send('browsingContext.reload', { context, wait: 'complete' })),
    goBack: async () => void (await bidi.send('browsingContext.traverseHistory', { context, delta: -1 })),
    async evaluate(pageFunction, ...args) {
      const response = await bidi.send('script.evaluate', {
        expression: formatCall(pageFunction, args),
        target: { context },
        awaitPromise: true,
        userActivation: true,
      })
      const { result, exceptionDetails } = response as {
        result?: { value: string }
        exceptionDetails?: { text: string }
      }
      if (!result) throw new Error(exceptionDetails?.text)
      return JSON.parse(result.value)
    },
    perform: async (source) => void (await bidi.send('input.performActions', { context, actions: [source] })),
    async readCookies() {
      const response = await bidi.send('storage.getCookies', { partition: { type: 'context', context } })
      return (response as { cookies: BidiCookie[] }).cookies.map(
        ({ name, path, httpOnly, secure, sameSite, expiry }) => ({
          name,
          path,
          httpOnly,
          secure,
          sameSite,
          expiry,
        }),
      )
    },
    close: async () => void (await bidi.send('browsingContext.close', { context })),
  }
}
