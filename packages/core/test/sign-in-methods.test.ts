import { describe, expect, it } from 'vitest'
import { passwordSignIn } from '../src/testing/fake-sign-in.ts'
import { createSetup } from './setup.ts'

describe('signInMethods', () => {
  it.each([
    ['a signed-in user', 'cathy'],
    ['a signed-out browser', undefined],
  ])('is known as soon as ready() has settled, with %s', async (_, signedInAs) => {
    const { openPage } = createSetup({ ...(signedInAs !== undefined && { signedInAs }) })
    const { client } = openPage()
    expect(client.signInMethods.get()).toBeNull()
    await client.ready()
    expect(client.signInMethods.get()).toEqual(passwordSignIn)
  })

  it('is null while the BFF cannot be reached', async () => {
    const { browser, openPage } = createSetup()
    browser.goOffline()
    const { client } = openPage()
    await browser.advance(60_000)
    expect(client.signInMethods.get()).toBeNull()
  })

  it('notifies its subscribers once when it becomes known, and not with a refresh', async () => {
    const { browser, openPage } = createSetup({ signedInAs: 'cathy' })
    const { client } = openPage()
    let calls = 0
    client.signInMethods.subscribe(() => (calls += 1))
    await client.ready()
    expect(calls).toBe(1)
    await browser.advance(3_600_000)
    expect(browser.requests.length).toBeGreaterThan(3)
    expect(calls).toBe(1)
  })

  it.each(['the page before this one', 'this page, before the first response'])(
    'becomes known after a sign-out of %s, while the state stays signed-out',
    async (origin) => {
      const { browser, bff, openPage } = createSetup({ signedInAs: 'cathy' })
      browser.goOffline()
      const first = openPage()
      await first.client.signOut()
      if (origin === 'the page before this one') first.tab.close()
      const { client } = origin === 'the page before this one' ? openPage() : first
      const state = client.getState()
      expect(state.status).toBe('signed-out')
      expect(client.signInMethods.get()).toBeNull()
      let methods = null
      client.signInMethods.subscribe(() => (methods = client.signInMethods.get()))
      browser.goOnline()
      await browser.advance(70_000)
      expect(methods).toEqual(passwordSignIn)
      expect(client.getState()).toBe(state)
      expect(bff.signInCount()).toBe(1)
    },
  )
})
