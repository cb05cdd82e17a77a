import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startProcess } from '../first-page/start-process.ts'
import type { Cookie, Profile, Tab, TestBrowser } from './browser.ts'
import { formatCall, maxWaitMs } from './browser.ts'
import { findFreePort } from '../support/free-port.ts'

/** Starts WebKitGTK's WebDriver server in a display without a screen. Each profile is a MiniBrowser of its own. */
export async function startWebKit({
  WebKitWebDriver: driverProgram = '',
  MiniBrowser: binary = '',
  Xvfb = '',
}: Record<string, string>): Promise<TestBrowser> {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-webkit-'))
  // Xvfb chooses a free display and writes its number to the standard output.
  const screen = ['-displayfd', '1', '-screen', '0', '1280x1000x24', '-nolisten', 'tcp']
  const display = await startProcess(Xvfb, screen, /^(\d+)\n/m, home)
  const port = await findFreePort()
  const environment = { DISPLAY: `:${display.match[1]}`, HOME: home, XDG_RUNTIME_DIR: home }
  const driver = spawn(driverProgram, [`--port=${port}`], {
    env: { ...process.env, ...environment },
    stdio: 'ignore',
  })
  const url = `http://127.0.0.1:${port}`
  await expect.poll(() => sendCommand(`${url}/status`, undefined, 'GET')).toBeDefined()
  return {
    openProfile: () => openSession(url, binary),
    takePageErrors: () => [],
    async close() {
      driver.kill()
      await once(driver, 'close')
      await display.stop()
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** @see https://www.w3.org/TR/webdriver2/ */
async function sendCommand(url: string, body?: Record<string, unknown>, method = 'POST'): Promise<unknown> {
  const response = await fetch(url, {
    method,
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(maxWaitMs),
  })
  const { value } = (await response.json()) as { value: unknown }
  if (response.ok) return value
  const { error, message } = value as { error: string; message: string }
  throw new Error(`${method} ${new URL(url).pathname}: ${error} ${message}`)
}

async function openSession(driverUrl: string, binary: string): Promise<Profile> {
  const options = { binary, args: ['--automation'] }
  const created = (await sendCommand(`${driverUrl}/session`, {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } },
  })) as { sessionId: string }
  const session = `${driverUrl}/session/${created.sessionId}`
  // It stays open, because the session ends with its last window.
  const firstHandle = await sendCommand(`${session}/window`, undefined, 'GET')
  return {
    async openTab() {
      await sendCommand(`${session}/window`, { handle: firstHandle })
      const { handle } = (await sendCommand(`${session}/window/new`, { type: 'window' })) as {
        handle: string
      }
      return createTab(session, handle)
    },
    close: async () => void (await sendCommand(session, undefined, 'DELETE')),
  }
}

function createTab(session: string, handle: string): Tab {
  /** Sends a command to this tab; the protocol sends it to the tab that was selected last. */
  const send = async (path: string, body?: Record<string, unknown>, method?: string): Promise<unknown> => {
    await sendCommand(`${session}/window`, { handle })
    return sendCommand(`${session}/${path}`, body, method)
  }
  return {
    open: async (url) => void (await send('url', { url })),
    reload: async () => void (await send('refresh', {})),
    goBack: async () => void (await send('back', {})),
    async evaluate(pageFunction, ...args) {
      const script = `const finish = arguments[arguments.length - 1]
        ${formatCall(pageFunction, args)}.then((json) => finish({ json }), (error) => finish({ error: String(error) }))`
      const { json, error } = (await send('execute/async', { script, args: [] })) as {
        json?: string
        error?: string
      }
      if (json === undefined) throw new Error(error)
      return JSON.parse(json)
    },
    perform: async (source) => void (await send('actions', { actions: [source] })),
    async readCookies() {
      const cookies = (await send('cookie', undefined, 'GET')) as Cookie[]
      return cookies.map(({ name, path, httpOnly, secure, sameSite, expiry }) => ({
        name,
        path,
        httpOnly,
        secure,
        sameSite: sameSite.toLowerCase(),
        expiry,
      }))
    },
    close: async () => void (await send('window', undefined, 'DELETE')),
  }
}
