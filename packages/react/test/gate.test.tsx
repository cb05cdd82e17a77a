import { AuthGate, useAuth } from '@latchkey/react'
import { act } from '@testing-library/react'
import type { ReactNode } from 'react'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Setup } from './support/setup.tsx'
import { createSetup, refreshMs } from './support/setup.tsx'

const editorInGate = (
  <AuthGate restoring={<i>loading</i>} signedOut={<i>sign in</i>} expired={<i>sign in again</i>}>
    <Editor />
  </AuthGate>
)

describe('AuthGate', () => {
  it('renders `restoring`, by default nothing, and no children until the client knows the session', () => {
    const renderText = (children: ReactNode): string | null =>
      createSetup({ signedInAs: 'cathy' }).renderBelowProvider(children).container.textContent
    expect(renderText(editorInGate)).toBe('loading')
    expect(renderText(<AuthGate signedOut="sign in">secret</AuthGate>)).toBe('')
  })

  it('renders `signedOut` without a session', async () => {
    const { renderBelowProvider, advance } = createSetup()
    const { container } = renderBelowProvider(editorInGate)
    await advance()
    expect(container.textContent).toBe('sign in')
  })

  it('renders its children after a sign-in and removes them after a sign-out', async () => {
    const { client, renderBelowProvider, advance } = createSetup()
    const { container } = renderBelowProvider(editorInGate)
    await advance()
    await act(() => client.signIn({ username: 'cathy', password: 'secret' }))
    expect(container.textContent).toBe('Cathy')
    await act(() => client.signOut())
    expect(container.textContent).toBe('sign in')
    expect(container.querySelector('input')).toBeNull()
  })

  it('without `expired`, replaces the children when the session expires', async () => {
    const setup = createSetup({ signedInAs: 'cathy' })
    const { container } = setup.renderBelowProvider(
      <AuthGate signedOut={<i>sign in</i>}>
        <Editor />
      </AuthGate>,
    )
    await setup.advance()
    const input = getInput(container)
    await expire(setup)
    expect(container.textContent).toBe('sign in')
    await act(() => setup.client.signIn({ username: 'cathy', password: 'secret' }))
    expect(container.textContent).toBe('Cathy')
    expect(getInput(container)).not.toBe(input)
  })
})

describe('AuthGate around typed text', () => {
  let setup: Setup
  let container: HTMLElement
  let input: HTMLInputElement

  beforeEach(async () => {
    setup = createSetup({ signedInAs: 'cathy' })
    container = setup.renderBelowProvider(editorInGate).container
    await setup.advance()
    input = getInput(container)
    input.value = 'half a sentence'
    input.focus()
  })

  it('does not affect the layout while the user is signed in', () => {
    expect(getGateStyle(input)).toEqual({ inert: false, display: 'contents' })
    expect(container.querySelector('[style], [inert]')?.getAttributeNames() ?? []).not.toContain('inert')
  })

  it('keeps the children mounted during a refresh', async () => {
    await setup.advance(refreshMs)
    expect(getInput(container)).toBe(input)
  })

  it('keeps the children mounted and inert beside `expired` after the session expired', async () => {
    await expire(setup)
    expect(container.textContent).toBe('Cathysign in again')
    expect(getInput(container)).toBe(input)
    expect(getGateStyle(input)).toEqual({ inert: true, display: 'contents' })
  })

  it('restores text and focus when the same user signs in again', async () => {
    await expire(setup)
    input.blur()
    await act(() => setup.client.signIn({ username: 'cathy', password: 'secret' }))
    expect(container.textContent).toBe('Cathy')
    expect(getInput(container)).toBe(input)
    expect(input.value).toBe('half a sentence')
    expect(getGateStyle(input)).toEqual({ inert: false, display: 'contents' })
    expect(document.activeElement).toBe(input)
  })

  it('does not take the focus from an element that got it meanwhile', async () => {
    await expire(setup)
    const otherInput = document.createElement('input')
    document.body.append(otherInput)
    otherInput.focus()
    await act(() => setup.client.signIn({ username: 'cathy', password: 'secret' }))
    expect(document.activeElement).toBe(otherInput)
    otherInput.remove()
  })

  it('mounts new children when another user signs in', async () => {
    await expire(setup)
    await act(() => setup.client.signIn({ username: 'noor', password: 'secret' }))
    expect(container.textContent).toBe('Noor')
    expect(getInput(container)).not.toBe(input)
    expect(getInput(container).value).toBe('')
  })

  it('hides the children in the back-forward cache, and shows them again to the same user', async () => {
    await act(async () => setup.tab.enterBfcache())
    expect(getGateStyle(input)).toEqual({ inert: true, display: 'none' })
    expect(container.querySelector('i')?.textContent).toBe('loading')

    act(() => setup.tab.leaveBfcache())
    expect(getGateStyle(input)).toEqual({ inert: true, display: 'none' })
    await setup.advance()
    expect(getInput(container)).toBe(input)
    expect(input.value).toBe('half a sentence')
    expect(getGateStyle(input)).toEqual({ inert: false, display: 'contents' })
    expect(document.activeElement).toBe(input)
  })

  it('mounts new children when another user is signed in after the back-forward cache', async () => {
    await act(async () => setup.tab.enterBfcache())
    setup.bff.startSession('noor')
    act(() => setup.tab.leaveBfcache())
    await setup.advance()
    expect(container.textContent).toBe('Noor')
    expect(getInput(container).value).toBe('')
  })

  it('removes the children when no user is signed in after the back-forward cache', async () => {
    await act(async () => setup.tab.enterBfcache())
    setup.bff.endSessions()
    act(() => setup.tab.leaveBfcache())
    await setup.advance()
    expect(container.textContent).toBe('sign in')
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

async function expire({ bff, advance }: Setup): Promise<void> {
  bff.endSessions('idle')
  await advance(refreshMs)
}

function getInput(container: HTMLElement): HTMLInputElement {
  const input = container.querySelector('input')
  if (!input) throw new Error('The container has no input')
  return input
}

/** Returns what the gate set on the element around its children. */
function getGateStyle(input: HTMLElement): { inert: boolean; display: string } {
  const { inert, style } = input.parentElement as HTMLElement
  return { inert, display: style.display }
}
