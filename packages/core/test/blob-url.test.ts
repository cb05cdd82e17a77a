import { expect, it } from 'vitest'
import { createSetup } from './setup.ts'

it.each(['blob:https://app.test/7f0c', 'BLOB:https://app.test/7f0c', new URL('blob:https://app.test/7f0c')])(
  'auth.fetch of %s sends no token and needs no session',
  async (url) => {
    const requests: Request[] = []
    const { browser, openPage } = createSetup()
    const { client, tab } = openPage()
    const send = tab.platform.fetch
    Object.assign(tab.platform, {
      fetch: (input: RequestInfo | URL, init?: RequestInit) => {
        if (input instanceof Request || !/^blob:/i.test(input.toString())) return send(input, init)
        requests.push(new Request('https://app.test/', init))
        return Promise.resolve(new Response('picture'))
      },
    })
    await client.ready()
    expect(await (await client.fetch(url)).text()).toBe('picture')
    expect(requests.map(({ headers }) => [...headers])).toEqual([[]])
    expect(browser.requests).toEqual(['GET /auth/session'])
  },
)
