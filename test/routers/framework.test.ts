import { cathy, demoClient, noor, startSandbox } from '@latchkey/sandbox'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { createStaticHandler, createStaticRouter, StaticRouterProvider } from 'react-router'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const origin = 'https://portal.example.com'
let sandbox: Awaited<ReturnType<typeof startSandbox>>
let handler: ReturnType<typeof createStaticHandler>

beforeAll(async () => {
  sandbox = await startSandbox()
  vi.stubEnv('AXOSOFT_SITE', `${sandbox.url}/axosoft`)
  vi.stubEnv('CLIENT_ID', demoClient.clientId)
  vi.stubEnv('CLIENT_SECRET', demoClient.clientSecret)
  const [auth, layout, items] = [
    await import('./app/routes/auth.$.ts'),
    await import('./app/routes/private.tsx'),
    await import('./app/routes/items.tsx'),
  ]
  handler = createStaticHandler([
    { path: '/auth/*', ...auth },
    {
      loader: layout.loader,
      Component: layout.default,
      children: [{ path: '/items', loader: items.loader, Component: items.default }],
    },
  ])
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await sandbox.close()
})

describe('the route modules of React Router in framework mode', () => {
  it('redirect a request without a session to the login page', async () => {
    const response = await handler.query(new Request(`${origin}/items?page=2`))
    expect(response).toBeInstanceOf(Response)
    expect((response as Response).headers.get('Location')).toBe('/login?returnTo=%2Fitems%3Fpage%3D2')
  })

  it('render each user their own page, also while both are rendered at once', async () => {
    const cookies = [await signIn(cathy), await signIn(noor)]
    const pages = await Promise.all(cookies.map((cookie) => render(cookie)))
    for (const { html } of pages) expect(html).toMatch(/<h1>\d+(<!-- -->)? items<\/h1>/)
    const [first, second] = pages.map(({ state }) => state)
    expect(first).toContain(cathy.email)
    expect(second).toContain(noor.email)
    expect(first).not.toContain(noor.email)
    for (const { state } of pages) expect(state).not.toContain('access_token')
  })
})

/** Signs in through the route of the BFF. Returns the cookies. */
async function signIn({ username, password }: typeof cathy): Promise<string> {
  const response: unknown = await handler.queryRoute(
    new Request(`${origin}/auth/session`, {
      method: 'POST',
      headers: { 'X-Latchkey': '1', 'Content-Type': 'application/json', Origin: origin },
      body: JSON.stringify({ credentials: { username, password } }),
    }),
  )
  const { headers, status } = response as Response
  expect(status).toBe(200)
  return headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}

/** Returns the HTML of the page with items, and what its loaders send to the browser. */
async function render(cookie: string): Promise<{ html: string; state: string }> {
  const context = await handler.query(new Request(`${origin}/items`, { headers: { Cookie: cookie } }))
  if (context instanceof Response) throw new Error(`Redirected to ${context.headers.get('Location')}`)
  const router = createStaticRouter(handler.dataRoutes, context)
  return {
    html: renderToString(createElement(StaticRouterProvider, { router, context, hydrate: false })),
    state: JSON.stringify(context.loaderData),
  }
}
