import { AuthGate, useAuth } from '@latchkey/react'
import { act } from '@testing-library/react'
import type { ReactNode } from 'react'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Page } from './support/page.tsx'
import { oneRefresh, openPage } from './support/page.tsx'
import { cathy, noor } from './support/user.ts'

const gate = (
  <AuthGate restoring={<i>one moment</i>} signedOut={<i>sign in</i>} expired={<i>sign in again</i>}>
    <Editor />
  </AuthGate>
)

describe('a gate', () => {
  it('shows what stands for the restore, nothing by default, and no children before the answer', async () => {
    expect(textOf(openPage({ user: cathy }), gate)).toBe('one moment')
    expect(textOf(openPage({ user: cathy }), <AuthGate signedOut="sign in">secret</AuthGate>)).toBe('')
  })

  it('shows the sign-in page to nobody', async () => {
    const page = openPage()
    const { container } = page.show(gate)
    await page.pass()
    expect(container.textContent).toBe('sign in')
  })

  it('opens by a sign-in and closes by a sign-out', async () => {
    const page = openPage()
    const { container } = page.show(gate)
    await page.pass()
    await act(() => page.client.signIn({ username: 'cathy', password: 'secret' }))
    expect(container.textContent).toBe('Cathy')
    await act(() => page.client.signOut())
    expect(container.textContent).toBe('sign in')
    expect(container.querySelector('input')).toBeNull()
  })
})

describe('a gate with work typed behind it', () => {
  let page: Page
  let container: HTMLElement
  let input: HTMLInputElement

  beforeEach(async () => {
    page = openPage({ user: cathy })
    container = page.show(gate).container
    await page.pass()
    input = inputOf(container)
    input.value = 'half a sentence'
    input.focus()
  })

  it('is in nobody’s way while it is open', () => {
    expect(veilOf(input)).toEqual({ inert: false, display: 'contents' })
    expect(container.querySelector('[style], [inert]')?.getAttributeNames() ?? []).not.toContain('inert')
  })

  it('keeps it through a silent refresh', async () => {
    await page.pass(oneRefresh)
    expect(inputOf(container)).toBe(input)
  })

  it('keeps it inert beside the question while the session has expired', async () => {
    await expire(page)
    expect(container.textContent).toBe('Cathysign in again')
    expect(inputOf(container)).toBe(input)
    expect(veilOf(input)).toEqual({ inert: true, display: 'contents' })
  })

  it('gives it back, focus included, to the same user who signs in again', async () => {
    await expire(page)
    input.blur()
    await act(() => page.client.signIn({ username: 'cathy', password: 'secret' }))
    expect(container.textContent).toBe('Cathy')
    expect(inputOf(container)).toBe(input)
    expect(input.value).toBe('half a sentence')
    expect(veilOf(input)).toEqual({ inert: false, display: 'contents' })
    expect(document.activeElement).toBe(input)
  })

  it('takes the focus from nothing that has it by then', async () => {
    await expire(page)
    const elsewhere = document.createElement('input')
    document.body.append(elsewhere)
    elsewhere.focus()
    await act(() => page.client.signIn({ username: 'cathy', password: 'secret' }))
    expect(document.activeElement).toBe(elsewhere)
    elsewhere.remove()
  })

  it('shows nothing of it to another user who signs in', async () => {
    await expire(page)
    await act(() => page.client.signIn({ username: 'noor', password: 'secret' }))
    expect(container.textContent).toBe('Noor')
    expect(inputOf(container)).not.toBe(input)
    expect(inputOf(container).value).toBe('')
  })

  it('hides it before the page is frozen, and gives it back when the page is back and the user the same', async () => {
    await act(async () => page.tab.enterBfcache())
    expect(veilOf(input)).toEqual({ inert: true, display: 'none' })
    expect(container.querySelector('i')?.textContent).toBe('one moment')

    act(() => page.tab.leaveBfcache())
    expect(veilOf(input)).toEqual({ inert: true, display: 'none' })
    await page.pass()
    expect(inputOf(container)).toBe(input)
    expect(input.value).toBe('half a sentence')
    expect(veilOf(input)).toEqual({ inert: false, display: 'contents' })
    expect(document.activeElement).toBe(input)
  })

  it('drops it when the page is back and another user is signed in', async () => {
    await act(async () => page.tab.enterBfcache())
    page.bff.begin(noor)
    act(() => page.tab.leaveBfcache())
    await page.pass()
    expect(container.textContent).toBe('Noor')
    expect(inputOf(container).value).toBe('')
  })

  it('drops it when the page is back and nobody is signed in', async () => {
    await act(async () => page.tab.enterBfcache())
    page.bff.end()
    act(() => page.tab.leaveBfcache())
    await page.pass()
    expect(container.textContent).toBe('sign in')
  })
})

describe('a gate that is told nothing of expiry', () => {
  it('asks to sign in in place of the children, and starts afresh', async () => {
    const page = openPage({ user: cathy })
    const { container } = page.show(
      <AuthGate signedOut={<i>sign in</i>}>
        <Editor />
      </AuthGate>,
    )
    await page.pass()
    const input = inputOf(container)
    await expire(page)
    expect(container.textContent).toBe('sign in')
    await act(() => page.client.signIn({ username: 'cathy', password: 'secret' }))
    expect(container.textContent).toBe('Cathy')
    expect(inputOf(container)).not.toBe(input)
  })
})

function Editor(): ReactNode {
  return (
    <>
      {useAuth().user?.first_name}
      <input />
    </>
  )
}

async function expire({ bff, pass }: Page): Promise<void> {
  bff.end()
  await pass(oneRefresh)
}

function textOf(page: Page, children: ReactNode): string | null {
  return page.show(children).container.textContent
}

function inputOf(container: HTMLElement): HTMLInputElement {
  const input = container.querySelector('input')
  if (!input) throw new Error('there is no input')
  return input
}

function veilOf(input: HTMLElement): { inert: boolean; display: string } {
  const { inert, style } = input.parentElement as HTMLElement
  return { inert, display: style.display }
}
