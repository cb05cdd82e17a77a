import type { AuthErrorCode, EndReason, Platform } from '@latchkey/core'
import { createAuthClient } from '@latchkey/core'
import type { TestAuth, TestAuthOptions } from '@latchkey/core/testing'
import { createErrorResponse, createTestAuth, flushPromises } from '@latchkey/core/testing'
import { AuthGate, AuthProvider } from '@latchkey/react'
import type { SignInFormProps } from '@latchkey/react/ui'
import { SignInDialog, SignInForm } from '@latchkey/react/ui'
import { act, fireEvent, render, screen } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import './support/setup.tsx'
import type { User } from './support/user.ts'
import { cathy } from './support/user.ts'

const cathyPassword = 'correct horse'
const brightPattern = {
  credentials: {
    fields: [
      { name: 'username', label: 'Login ID', type: 'text', optional: false },
      { name: 'password', label: 'API secret', type: 'password', optional: false },
    ],
  },
} as const

beforeEach(() => {
  document.title = 'Portal'
})

describe('SignInForm', () => {
  it('has the fields that the BFF describes, as password managers and browsers expect them', () => {
    renderForm({ signInMethods: { credentials: { fields: [...brightPattern.credentials.fields] } } })
    const form = getForm()
    expect([form.method, form.noValidate]).toEqual(['post', true])
    expect(describeInput('Login ID')).toEqual({
      name: 'username',
      type: 'text',
      autocomplete: 'username',
      required: true,
    })
    expect(describeInput('API secret')).toEqual({
      name: 'password',
      type: 'password',
      autocomplete: 'current-password',
      required: true,
    })
  })

  it('has only a button where users sign in without credentials', () => {
    renderForm({ signInMethods: { automatic: true } }, { remember: false })
    expect(getForm().querySelectorAll('input')).toHaveLength(0)
    expect(getSubmit().textContent).toBe('Sign in')
  })

  it('signs in, and says whom', async () => {
    const names: string[] = []
    const auth = renderForm({}, { onSignedIn: ({ user }) => names.push(user.first_name) })
    await submit()
    expect(auth.getState().status).toBe('signed-in')
    expect(names).toEqual(['Cathy'])
    expect(getInput('Password').value).toBe('correct horse')
  })

  it('says that the credentials are wrong, keeps the username, and moves the focus to the summary', async () => {
    renderForm()
    await submit({ password: 'wrong' })
    const summary = screen.getByRole('alert')
    expect(summary.textContent).toBe('The username or password is not right.')
    expect(document.activeElement).toBe(summary)
    expect(getForm().dataset['error']).toBe('invalid_credentials')
    expect(getInput('Username').value).toBe('cathy')
    expect(getInput('Password').value).toBe('')
    expect(getInput('Password').getAttribute('aria-invalid')).toBe('true')
    expect(readDescription('Password')).toContain('The username or password is not right.')
    expect(document.title).toBe('Error: Portal')
    await submit()
    expect(summary.textContent).toBe('')
    expect(document.title).toBe('Portal')
  })

  it('keeps everything that the user entered after an outage', async () => {
    const auth = renderForm()
    auth.browser.goOffline()
    await submit()
    expect(screen.getByRole('alert').textContent).toMatch(/^Sign-in is not available right now\./)
    expect([getInput('Username').value, getInput('Password').value]).toEqual(['cathy', cathyPassword])
    expect(getInput('Password').getAttribute('aria-invalid')).toBe('false')
  })

  it('names the fields that are empty, without a request', async () => {
    const auth = renderForm()
    const requestCount = auth.browser.requests.length
    await submit({ username: 'cathy', password: '' })
    const summary = screen.getByRole('alert')
    expect(summary.textContent).toBe('Enter your password.')
    expect(document.activeElement).toBe(summary)
    expect(getInput('Username').getAttribute('aria-invalid')).toBe('false')
    expect(getInput('Password').getAttribute('aria-invalid')).toBe('true')
    expect(auth.browser.requests).toHaveLength(requestCount)
  })

  it('ignores a second submit while the first one is pending, and disables nothing', async () => {
    const auth = renderForm()
    let respond = (): void => {}
    auth.bff.intercept(() => new Promise<void>((resolve) => (respond = resolve)))
    fill()
    await act(async () => {
      fireEvent.submit(getForm())
    })
    expect([getSubmit().textContent, getSubmit().getAttribute('aria-disabled')]).toEqual([
      'Signing in…',
      'true',
    ])
    expect(readStatus()).toBe('Signing in…')
    fireEvent.submit(getForm())
    expect(getForm().querySelectorAll(':disabled')).toHaveLength(0)
    await act(async () => respond())
    await act(() => auth.browser.advance(0))
    expect(auth.browser.requests.filter((request) => request === 'POST /auth/session')).toHaveLength(1)
  })

  it('counts down after too many attempts, explains itself at a submit, and says when it is over', async () => {
    const auth = renderForm()
    auth.bff.intercept(() => createErrorResponse(429, 'rate_limited', { retryAfter: 3 }))
    await submit()
    auth.bff.intercept(null)
    const summary = screen.getByRole('alert')
    expect(summary.textContent).toBe('Too many attempts. Try again in 3 seconds.')
    expect(getSubmit().textContent).toBe('Wait 3 seconds')
    await act(() => auth.browser.advance(1000))
    await act(() => auth.browser.advance(1000))
    expect(getSubmit().textContent).toBe('Wait 1 second')
    // Each change would be announced.
    expect(summary.textContent).toBe('Too many attempts. Try again in 3 seconds.')
    getInput('Password').focus()
    fireEvent.submit(getForm())
    expect(document.activeElement).toBe(summary)
    await act(() => auth.browser.advance(1000))
    expect([getSubmit().textContent, summary.textContent]).toEqual(['Sign in', ''])
    expect(readStatus()).toBe('You can try again now.')
    await submit()
    expect(auth.getState().status).toBe('signed-in')
  })

  it('shows a password until the form is submitted', async () => {
    renderForm()
    const button = screen.getByRole('button', { name: 'Show password' })
    fireEvent.click(button)
    expect([getInput('Password').type, button.textContent]).toEqual(['text', 'Hide password'])
    await submit({ password: 'wrong' })
    expect([getInput('Password').type, button.textContent]).toEqual(['password', 'Show password'])
  })

  it('says that Caps Lock is on, politely, while the password has the focus', () => {
    renderForm()
    const input = getInput('Password')
    const keyDown = new KeyboardEvent('keydown', { key: 'A', bubbles: true })
    // happy-dom has no locks.
    fireEvent(input, Object.assign(keyDown, { getModifierState: (key: string) => key === 'CapsLock' }))
    expect(readDescription('Password')).toBe('Caps Lock is on.')
    fireEvent.blur(input)
    expect(readDescription('Password')).toBe('')
  })

  it.each([
    [undefined, false],
    [true, true],
    [false, false],
  ])('asks whether to stay signed in, unless `remember` is set: %s', async (remember, sent) => {
    const auth = renderForm({}, { remember })
    expect(screen.queryAllByLabelText('Keep me signed in on this device')).toHaveLength(
      remember === undefined ? 1 : 0,
    )
    fill()
    expect(await readSignIn(auth)).toMatchObject({ remember: sent })
  })

  it('sends what the user chose', async () => {
    const auth = renderForm()
    fill()
    fireEvent.click(screen.getByLabelText('Keep me signed in on this device'))
    expect(await readSignIn(auth)).toMatchObject({ remember: true })
  })

  it('renders what a page adds, and its own words', async () => {
    renderForm(
      {},
      {
        className: 'mine',
        lead: <h1>Portal</h1>,
        beforeSubmit: <a href="/forgot">Forgot your password?</a>,
        afterSubmit: <p>Terms</p>,
        messages: { signIn: 'Anmelden', invalid_credentials: () => 'Das stimmt nicht.' },
      },
    )
    expect(getForm().className).toBe('latchkey-sign-in mine')
    expect(getForm().textContent).toMatch(/^Portal.*Forgot your password\?.*AnmeldenTerms$/)
    await submit({ password: 'wrong' })
    expect(screen.getByRole('alert').textContent).toBe('Das stimmt nicht.')
  })
})

describe('a second step', () => {
  const otp = { cathy: '123456' }

  it('asks for the code, with the username for password managers, and sends all credentials again', async () => {
    const auth = renderForm({ otp }, { beforeSubmit: <i>forgot</i> })
    fireEvent.click(screen.getByLabelText('Keep me signed in on this device'))
    await submit()
    expect(getForm().dataset['step']).toBe('challenge')
    expect(describeInput('One-time code')).toEqual({
      name: 'otp',
      type: 'text',
      autocomplete: 'one-time-code',
      required: true,
    })
    expect(screen.getByRole('alert').textContent).toBe('')
    expect(getForm().textContent).toMatch(/^One more step for cathy\./)
    expect(getForm().textContent).not.toContain('forgot')
    expect(getForm().querySelector<HTMLInputElement>('input[autocomplete=username]')?.value).toBe('cathy')
    fireEvent.change(getInput('One-time code'), { target: { value: '123456' } })
    expect(await readSignIn(auth)).toEqual({
      credentials: { username: 'cathy', password: cathyPassword, otp: '123456' },
      remember: true,
      challenge: 'challenge-1',
    })
    expect(auth.getState().status).toBe('signed-in')
  })

  it('says that the code is wrong, and empties it', async () => {
    renderForm({ otp })
    await submit()
    await submitCode('000000')
    expect(screen.getByRole('alert').textContent).toBe('That code is not right.')
    expect(getInput('One-time code').value).toBe('')
    expect(getInput('One-time code').getAttribute('aria-invalid')).toBe('true')
    expect(readDescription('One-time code')).toContain('That code is not right.')
  })

  it('starts again where the server accepts no more codes', async () => {
    const auth = renderForm({ otp })
    await submit()
    auth.bff.intercept(() => createErrorResponse(401, 'invalid_credentials'))
    await submitCode('000000')
    expect(screen.getByRole('alert').textContent).toBe('That code is not right. Start again.')
    expect(getInput('Username').value).toBe('cathy')
    expect(getInput('Password').value).toBe('')
  })

  it('says that a code has expired', async () => {
    const auth = renderForm({ otp })
    await submit()
    const fields = [{ name: 'otp', label: 'One-time code', type: 'otp' as const, optional: false }]
    auth.bff.intercept(() =>
      createErrorResponse(401, 'challenge_required', { challenge: { fields, id: 'challenge-2' } }),
    )
    await submitCode('123456')
    expect(screen.getByRole('alert').textContent).toBe('That code has expired. Enter a new one.')
    expect(getInput('One-time code').value).toBe('')
  })

  it('returns to the first step, which keeps the username', async () => {
    renderForm({ otp })
    await submit()
    fireEvent.click(screen.getByRole('button', { name: 'Start again' }))
    expect(getForm().dataset['step']).toBe('credentials')
    expect([getInput('Username').value, getInput('Password').value]).toEqual(['cathy', ''])
  })
})

describe('the sentences', () => {
  const codes: Record<AuthErrorCode, RegExp> = {
    invalid_credentials: /^The username or password is not right\.$/,
    challenge_required: /does not offer the second step/,
    login_required: /^You have signed out in another tab\.$/,
    access_denied: /no access/,
    insufficient_scope: /not set up correctly/,
    invalid_request: /not set up correctly/,
    rate_limited: /^Too many attempts\. Try again in 2 minutes\.$/,
    temporarily_unavailable: /not available right now/,
    server_error: /not set up correctly/,
    network_error: /not available right now/,
    invalid_response: /not available right now/,
  }

  it.each(Object.entries(codes))('there is one for the error %s', async (code, sentence) => {
    const auth = renderForm()
    if (code === 'network_error') auth.browser.goOffline()
    else if (code === 'invalid_response') auth.bff.intercept(() => new Response('<html>'))
    else
      auth.bff.intercept(() =>
        createErrorResponse(400, code as 'server_error', {
          retryAfter: 100,
          ...(code === 'login_required' && { reason: 'signed_out_elsewhere' as never }),
        }),
      )
    await submit()
    expect(getForm().dataset['error']).toBe(code)
    expect(screen.getByRole('alert').textContent).toMatch(sentence)
  })

  const reasons: Record<EndReason, RegExp> = {
    no_session: /^$/,
    idle: /^Your session has ended because the page was not used\.$/,
    absolute: /time limit/,
    refresh_rejected: /^Your session has ended\.$/,
    no_refresh: /^Your session has ended\.$/,
    refresh_lost: /^Your session has ended\.$/,
    session_changed: /^Your session has ended\.$/,
    signed_out: /^You have signed out\.$/,
    signed_out_elsewhere: /^You have signed out in another tab\.$/,
    user_rejected: /no access/,
  }

  it.each(Object.entries(reasons))('there is one for the reason %s', (reason, sentence) => {
    const client = createAuthClient<User>({
      initialState: { status: 'signed-out', session: null, reason: reason as EndReason },
      platform: createTestAuth().platform,
    })
    const { container } = render(
      <AuthProvider client={client}>
        <SignInForm />
      </AuthProvider>,
    )
    const lead = container.querySelector('.latchkey-lead')
    expect(lead?.textContent ?? '').toMatch(sentence)
    // The page of the signed-in user is gone, and the focus with it.
    if (lead) expect(document.activeElement).toBe(lead)
  })
})

describe('saved passwords', () => {
  it('are offered when an empty form is submitted, and sign in without being rendered', async () => {
    const asked: unknown[] = []
    const auth = renderForm({}, {}, (platform) => ({
      ...platform,
      navigator: {
        credentials: {
          get: async (options: unknown) => {
            asked.push(options)
            return { id: 'cathy', password: cathyPassword }
          },
        },
      },
    }))
    expect(await readSignIn(auth)).toMatchObject({
      credentials: { username: 'cathy', password: cathyPassword },
    })
    expect(asked).toEqual([{ password: true, uiMode: 'immediate', mediation: 'required' }])
    expect(auth.getState().status).toBe('signed-in')
    expect(getInput('Password').value).toBe('')
  })

  it('that the user does not choose leave the form as it is', async () => {
    renderForm({}, {}, (platform) => ({
      ...platform,
      navigator: { credentials: { get: () => Promise.reject(new DOMException('', 'NotAllowedError')) } },
    }))
    await act(async () => {
      fireEvent.submit(getForm())
    })
    expect(screen.getByRole('alert').textContent).toBe('Enter your username. Enter your password.')
    expect(getSubmit().textContent).toBe('Sign in')
  })

  it('are offered to the browser after a sign-in with a password that is right', async () => {
    const stored: unknown[] = []
    class PasswordCredential {
      readonly data: unknown
      constructor(data: unknown) {
        this.data = data
      }
    }
    renderForm({}, {}, (platform) => ({
      ...platform,
      PasswordCredential,
      navigator: {
        credentials: {
          store: async ({ data }: PasswordCredential) => {
            stored.push(data)
            throw new DOMException('', 'NotAllowedError')
          },
        },
      },
    }))
    await submit({ password: 'wrong' })
    expect(stored).toEqual([])
    await submit()
    expect(stored).toEqual([{ id: 'cathy', password: cathyPassword }])
  })
})

describe('SignInDialog', () => {
  it('says why the session ended, keeps the page, and begins with the username of the last sign-in', async () => {
    const auth = renderGate()
    await submit()
    const note = screen.getByLabelText<HTMLInputElement>('Note')
    note.value = 'half a sentence'
    await act(() => auth.expire('idle'))
    const dialog = screen.getByRole('dialog', { name: 'Sign in again' })
    expect(dialog.hasAttribute('open')).toBe(true)
    expect(document.getElementById(dialog.getAttribute('aria-describedby') ?? '')?.textContent).toBe(
      'Your session has ended because the page was not used. Sign in to continue where you were.',
    )
    expect(getInput('Username').value).toBe('cathy')
    await submit()
    expect(screen.queryByRole('dialog')).toBeNull()
    expect(screen.getByLabelText('Note')).toBe(note)
  })

  it('stays open at Escape', async () => {
    const auth = renderGate()
    await submit()
    await act(() => auth.expire())
    const dialog = screen.getByRole<HTMLDialogElement>('dialog')
    expect(fireEvent(dialog, new Event('cancel', { cancelable: true }))).toBe(false)
    // Chromium closes it at the second Escape.
    act(() => dialog.close())
    expect(dialog.open).toBe(true)
  })

  it('lets another user sign in, on a page without the first one', async () => {
    const auth = renderGate()
    await submit()
    await act(() => auth.expire())
    await act(async () => {
      fireEvent.click(screen.getByRole('button', { name: 'Sign in as another user' }))
    })
    expect(screen.queryByLabelText('Note')).toBeNull()
    expect(document.querySelector('.latchkey-lead')?.textContent).toBe('You have signed out.')
    expect(getInput('Username').value).toBe('')
  })
})

function createAuth(options: TestAuthOptions<User> = {}): TestAuth<User> {
  return createTestAuth<User>({
    users: { cathy: cathyPassword },
    createUser: () => cathy,
    ...options,
  })
}

/** @param extend adds to the platform what only some browsers have */
function renderForm(
  options: TestAuthOptions<User> = {},
  props: SignInFormProps = {},
  extend: (platform: Platform) => Platform = (platform) => platform,
): TestAuth<User> {
  const auth = createAuth(options)
  render(
    <AuthProvider client={{ ...auth, platform: extend(auth.platform) }}>
      <SignInForm {...props} />
    </AuthProvider>,
  )
  return auth
}

function renderGate(): TestAuth<User> {
  const auth = createAuth()
  render(
    <AuthProvider client={auth}>
      <AuthGate signedOut={<SignInForm />} expired={<SignInDialog />}>
        <label>
          Note <input />
        </label>
      </AuthGate>
    </AuthProvider>,
  )
  return auth
}

const getForm = (): HTMLFormElement => document.querySelector('form') as HTMLFormElement
const getInput = (label: string): HTMLInputElement => screen.getByLabelText<HTMLInputElement>(label)
const getSubmit = (): HTMLElement => document.querySelector('.latchkey-submit') as HTMLElement
const readStatus = (): string => document.querySelector('.latchkey-status')?.textContent ?? ''

function describeInput(label: string): object {
  const { name, type, required, autocomplete } = getInput(label)
  return { name, type, required, autocomplete }
}

function readDescription(label: string): string {
  const ids = (getInput(label).getAttribute('aria-describedby') ?? '').split(' ')
  return ids.map((id) => document.getElementById(id)?.textContent ?? '').join('')
}

function fill({ username = 'cathy', password = cathyPassword } = {}): void {
  fireEvent.change(getInput('Username'), { target: { value: username } })
  fireEvent.change(getInput('Password'), { target: { value: password } })
}

async function submit(credentials?: { username?: string; password?: string }): Promise<void> {
  fill(credentials)
  await act(async () => {
    fireEvent.submit(getForm())
    await flushPromises()
  })
}

async function submitCode(code: string): Promise<void> {
  fireEvent.change(getInput('One-time code'), { target: { value: code } })
  await act(async () => {
    fireEvent.submit(getForm())
    await flushPromises()
  })
}

/** Submits the form, and returns what the BFF gets. */
async function readSignIn(auth: TestAuth<User>): Promise<unknown> {
  let body: unknown
  auth.bff.intercept(async (request) => {
    if (request.method === 'POST') body = await request.clone().json()
  })
  await act(async () => {
    fireEvent.submit(getForm())
    await flushPromises()
  })
  return body
}
