// Runs in every runtime: the fetch handler of a BFF, whose clock the checks move.
import type { Store } from '@latchkey/bff'
import { createBff, getClientAddress, memoryStore, setSocketAddress } from '@latchkey/bff'
import { oauth2 } from '@latchkey/bff/providers'
import type { TestedStore } from '@latchkey/bff/testing'
import { storeContract } from '@latchkey/bff/testing'
import { createAuthClient } from '@latchkey/core'
import { checks } from '../conformance/checks.ts'
import { listClientAuthMethods } from '../conformance/client-auth-method.ts'
import type { CheckResult } from '../conformance/run-check.ts'
import { runCheck } from '../conformance/run-check.ts'
import type { Server } from '../conformance/server.ts'

const { AUTHORIZATION_SERVER = '', RESOURCE_SERVER = '', STORE_FOLDER = '' } = process.env
const shift = { milliseconds: 0 }

export const bff = createBff({
  provider: oauth2({
    tokenEndpoint: `${AUTHORIZATION_SERVER}/token`,
    revocationEndpoint: `${AUTHORIZATION_SERVER}/revoke`,
    clientId: 'portal',
    clientSecret: 'client-secret',
  }),
  proxy: [
    { path: '/api/*', to: `${RESOURCE_SERVER}/v1/*`, methods: ['GET', 'POST'] },
    { path: '/chat', to: `${RESOURCE_SERVER}/chat`, methods: ['GET'], webSocket: true },
  ],
  store: memoryStore({ now: () => Date.now() + shift.milliseconds }),
  platform: {
    now: () => Date.now() + shift.milliseconds,
    monotonicNow: () => performance.now() + shift.milliseconds,
  },
})

/** Responds to what the checks ask of the program itself, and to nothing else. */
export async function respond(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  switch (pathname) {
    case '/contract':
      return Response.json(await runStoreContract(searchParams.get('store')))
    case '/conformance':
      return Response.json(await runConformanceChecks(JSON.parse(String(searchParams.get('server')))))
    case '/address':
      return Response.json(getClientAddress(request))
    case '/advance':
      shift.milliseconds += Number(searchParams.get('seconds')) * 1000
      return new Response()
    case '/render': {
      const initialState = await bff.session(request)
      return Response.json({ initialState, state: createAuthClient({ initialState }).getState() })
    }
    default:
      return new Response('Not found', { status: 404 })
  }
}

/** What a runtime passes beside the request: Bun its server, Deno the connection. */
interface RuntimeHost {
  requestIP?: (request: Request) => { address: string } | null
  remoteAddr?: { hostname: string }
}

export default {
  // For Bun, which else serves all networks.
  hostname: '127.0.0.1',
  fetch(request: Request, host?: RuntimeHost): Promise<Response> {
    const address = host?.requestIP?.(request)?.address ?? host?.remoteAddr?.hostname
    setSocketAddress(request, address ?? request.headers.get('CF-Connecting-IP') ?? undefined)
    return bff.owns(new URL(request.url).pathname) ? bff.fetch(request) : respond(request)
  },
}

/** Runs the conformance checks with one authorization server; returns the result of each by its name. */
async function runConformanceChecks(server: Server): Promise<Record<string, CheckResult>> {
  const [method] = await listClientAuthMethods(server)
  const results: Record<string, CheckResult> = {}
  for (const check of checks) results[check.name] = await runCheck(check, server, method!)
  return results
}

/** Runs the promises of a store; returns each title with the error, or `null`. */
async function runStoreContract(name: string | null): Promise<Record<string, string | null>> {
  const results: Record<string, string | null> = {}
  const contract = storeContract(await createStoreFactory(name))
  for (const { title, run } of contract)
    results[title] = await run().then(
      () => null,
      (error: unknown) => String(error),
    )
  return results
}

async function createStoreFactory(name: string | null): Promise<() => TestedStore> {
  let time = 1_000_000
  const now = (): number => time
  const clock = { now, pass: async (milliseconds: number) => void (time += milliseconds) }
  if (name === 'memory') return () => ({ store: memoryStore({ now }), ...clock })
  const { embeddedStore } = await import('@latchkey/bff/embedded')
  let count = 0
  return () => {
    const path = `${STORE_FOLDER}/${(count += 1)}`
    const openAgain = (): Store => embeddedStore({ path, now })
    return { store: openAgain(), openAgain, ...clock }
  }
}
