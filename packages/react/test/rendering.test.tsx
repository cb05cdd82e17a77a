// @vitest-environment node
import { AuthGate, AuthProvider, useAccessToken, useAuth, useSignInMethods } from '@latchkey/react'
import type { InitialState } from '@latchkey/core'
import { createAuthClient } from '@latchkey/core'
import type { ReactNode } from 'react'
import { lazy, Suspense } from 'react'
import { renderToPipeableStream, renderToString } from 'react-dom/server'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { User } from './support/user.ts'
import { cathy, noor } from './support/user.ts'

/** How many times each render waits; two renders cross in every order at these points. */
const stepCount = 4
const users = [cathy, noor] as const

const createState = (user: User): InitialState<User> => ({
  status: 'signed-in',
  session: { id: `session-${user.id}`, subject: `subject-${user.id}`, user, scope: ['read'] },
})

describe('two renders for two users', () => {
  it.each(createOrders(stepCount, stepCount))('never mix when their steps cross as %s', async (order) => {
    const renders = users.map(startRender)
    for (const step of order) await renders[Number(step)].proceed()
    const pages = await Promise.all(renders.map(({ html }) => html))
    users.forEach(({ first_name }, index) => {
      const other = users[1 - index]
      expect(pages[index].split(first_name).length - 1).toBe(stepCount)
      expect(pages[index]).toContain(`ready: ${first_name}`)
      for (const foreign of [other.first_name, other.email, `session-${other.id}`])
        expect(pages[index]).not.toContain(foreign)
    })
  })
})

describe('a page that a server renders', () => {
  it('contains the fields of the sign-in form that the state of the server describes', () => {
    const fields = [{ name: 'otp', label: 'One-time code', type: 'otp' as const, optional: false }]
    const client = createAuthClient<User>({
      initialState: { status: 'signed-out', session: null, signInMethods: { credentials: { fields } } },
    })
    expect(
      renderToString(
        <AuthProvider client={client}>
          <AuthGate signedOut={<Fields />}>private</AuthGate>
        </AuthProvider>,
      ),
    ).toBe('<i>One-time code</i>')
  })
})

function Fields(): ReactNode {
  return <i>{useSignInMethods()?.credentials?.fields.map(({ label }) => label)}</i>
}

/** Starts the render of one request, with its own client; `proceed` lets it take the next step. */
function startRender(user: User): { html: Promise<string>; proceed: () => Promise<void> } {
  const gates = Array.from({ length: stepCount }, createGate)
  let step = 0
  const html = (async () => {
    await gates[0].opened
    const client = createAuthClient<User>({ initialState: createState(user) })
    await gates[1].opened
    const state = await client.ready()
    const parts = gates.slice(2).map(({ opened }, index) => ({
      id: `part-${index}`,
      Part: lazy(async () => {
        await opened
        return { default: Name }
      }),
    }))
    const stream = new PassThrough()
    renderToPipeableStream(
      <AuthProvider client={client}>
        <AuthGate signedOut="sign in">
          <p>{`ready: ${state.session?.user.first_name}`}</p>
          <Name />
          {parts.map(({ id, Part }) => (
            <Suspense key={id} fallback="later">
              <Part />
            </Suspense>
          ))}
        </AuthGate>
      </AuthProvider>,
    ).pipe(stream)
    return text(stream)
  })()
  return {
    html,
    proceed: async () => {
      gates[step++].open()
      // Long enough for the other render to run in between.
      for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
    },
  }
}

function Name(): ReactNode {
  return <b>{[useAuth().user?.first_name, useAccessToken()]}</b>
}

function createGate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

/** Lists every order of the steps of two renders, as a text of `0` and `1`. */
function createOrders(zeros: number, ones: number): string[] {
  if (!zeros || !ones) return ['0'.repeat(zeros) + '1'.repeat(ones)]
  return [
    ...createOrders(zeros - 1, ones).map((order) => `0${order}`),
    ...createOrders(zeros, ones - 1).map((order) => `1${order}`),
  ]
}
