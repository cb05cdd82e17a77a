'use client'

import type { AuthError, CredentialField, SignInChallenge } from '@latchkey/core'
import { useEffect, useId, useRef, useState } from 'react'
import { useRequiredClient } from '../useAuthClient.ts'
import { useSignInMethods } from '../useSignInMethods.ts'
import { saveLastSignIn } from './last-sign-in.ts'
import type { SignInMessages } from './messages.ts'
import { fetchSavedPassword, savePassword } from './saved-passwords.ts'
import { signInEnglish } from './sign-in-english.ts'
import type { SignInFailure } from './sign-in-failure.ts'
import { describeError } from './sign-in-failure.ts'
import type { SignInFormOptions, UseSignInFormResult } from './sign-in-form-state.ts'

/** One step of a sign-in, and how its latest attempt ended. */
interface FormState {
  readonly username: string
  readonly isPending?: boolean
  readonly challenge?: SignInChallenge | undefined
  readonly failure?: SignInFailure | undefined
  /** When the server accepts another attempt, on the clock of the client. */
  readonly retryAt?: number
  /** Whether the focus moves to the summary, or to the first empty input. */
  readonly focus?: 'summary' | 'input'
}

/** An `AbortError` and a defect of the page have no code. */
type SignInError = Omit<AuthError, 'name'> & { readonly name: string }

/** Until the BFF has described the form, and where users sign in without credentials. */
const noFields: readonly CredentialField[] = []

const rememberName = 'latchkey-remember'

/**
 * The behaviour of a sign-in form, for markup of your own; `SignInForm` is built on it. The BFF says which fields the
 * form has. The inputs are uncontrolled, so that password managers can fill them, and no password is in React state.
 *
 * @throws {Error} outside an `AuthProvider`
 *
 * @example
 * const { fields, failure, formProps, summaryProps, getInputProps, submitProps } = useSignInForm()
 * return (
 *   <form {...formProps}>
 *     <div {...summaryProps}>{failure?.text}</div>
 *     {fields.map((field) => (
 *       <label key={field.name}>
 *         {field.label} <input {...getInputProps(field)} />
 *       </label>
 *     ))}
 *     <button {...submitProps}>Sign in</button>
 *   </form>
 * )
 */
export function useSignInForm({
  messages: givenMessages,
  username: firstUsername = '',
  remember,
  onSignedIn,
}: SignInFormOptions = {}): UseSignInFormResult {
  const { platform, signIn } = useRequiredClient('useSignInForm')
  const firstFields = useSignInMethods()?.credentials?.fields ?? noFields
  const [state, setState] = useState<FormState>({ username: firstUsername })
  const [secondsLeft, setSecondsLeft] = useState(0)
  const form = useRef<HTMLFormElement>(null)
  const summary = useRef<HTMLDivElement>(null)
  /** What the earlier steps have sent, because some servers need all of it again. */
  const sent = useRef<Record<string, string>>({})
  const id = useId()

  const { username, isPending = false, challenge, retryAt = 0, focus } = state
  const fields = challenge?.fields ?? firstFields
  const userField = findName(firstFields, 'text')
  const passwordField = findName(firstFields, 'password')
  const messages: SignInMessages = { ...signInEnglish, ...givenMessages }
  const isWaitOver = retryAt > 0 && !secondsLeft
  const failure = isWaitOver ? undefined : state.failure
  const hasFailure = Boolean(failure)

  // Screen readers read the title first.
  useEffect(() => {
    const { title } = document
    const errorTitle = hasFailure ? messages.errorPrefix + title : title
    document.title = errorTitle
    return () => {
      if (document.title === errorTitle) document.title = title
    }
    // oxlint-disable-next-line react/exhaustive-deps -- a message in another language is for the next error
  }, [hasFailure])

  useEffect(() => {
    if (focus === 'summary') summary.current?.focus()
    if (focus === 'input') form.current?.querySelector<HTMLInputElement>('input:invalid')?.focus()
  }, [state, focus])

  useEffect(() => {
    const update = (): void =>
      setSecondsLeft(Math.max(0, Math.round((retryAt - platform.performance.now()) / 1000)))
    const timer = secondsLeft ? platform.setTimeout(update, 1000) : undefined
    return () => platform.clearTimeout(timer as never)
  }, [platform, retryAt, secondsLeft])

  const findInput = (name: string): HTMLInputElement | null =>
    form.current?.elements.namedItem(name) as HTMLInputElement | null

  const submit = async (): Promise<void> => {
    if (isPending) return
    if (secondsLeft) return summary.current?.focus()
    const credentials = { ...sent.current }
    for (const { name } of fields) credentials[name] = findInput(name)?.value ?? ''
    const options = { remember: remember ?? findInput(rememberName)?.checked, challenge: challenge?.id }
    setState({ username, challenge, isPending: true })
    if (!challenge && passwordField && !Object.values(credentials).join('')) {
      const saved = await fetchSavedPassword(platform).catch(() => null)
      if (saved) {
        credentials[userField] = saved.id
        credentials[passwordField] = saved.password
      }
    }
    const next = { username: credentials[userField] ?? '', challenge }
    const missing = fields.filter(({ name, optional }) => !optional && !credentials[name])
    if (missing[0]) {
      const text = missing.map(({ label }) => messages.missing(label)).join(' ')
      return setState({
        ...next,
        failure: { code: 'missing', text, fields: missing.map(({ name }) => name) },
        focus: 'summary',
      })
    }

    try {
      const session = await signIn(credentials, options)
      saveLastSignIn(session.subject, { username: next.username, remember: options.remember })
      savePassword(platform, next.username, credentials[passwordField]).catch(() => {})
      sent.current = {}
      setState({ username: next.username })
      onSignedIn?.(session)
    } catch (error) {
      const { name, code, challenge: newChallenge, retryAfter = 60 } = error as SignInError
      // Other errors, an outage for example, say nothing about the credentials.
      const isAnswer = code === 'invalid_credentials' || code === 'challenge_required'
      const nextChallenge = isAnswer ? newChallenge : challenge
      const wait = code === 'rate_limited' ? retryAfter : 0
      const isNewStep = nextChallenge && nextChallenge.fields[0]?.name !== challenge?.fields[0]?.name
      for (const field of isAnswer ? fields : []) {
        const input = findInput(field.name)
        if (input && field.name !== userField) input.value = ''
      }
      sent.current = nextChallenge ? credentials : {}
      setSecondsLeft(wait)
      setState({
        ...next,
        challenge: nextChallenge,
        // A newer sign-in or a sign-out replaced this one, which is no failure.
        failure:
          isNewStep || name === 'AbortError'
            ? undefined
            : {
                code,
                text: describeError(error as SignInError, fields, Boolean(challenge), messages),
                fields: isAnswer ? fields.map((field) => field.name) : [],
              },
        retryAt: wait && platform.performance.now() + wait * 1000,
        focus: nextChallenge ? 'input' : 'summary',
      })
    }
  }

  return {
    messages,
    challenge,
    fields,
    username,
    isPending,
    failure,
    secondsLeft,
    status: isPending ? messages.signingIn : isWaitOver ? messages.waitIsOver : '',
    formProps: {
      ref: form,
      method: 'post',
      noValidate: true,
      // `onSubmit` instead of an `action`, after which React 19 empties the form.
      onSubmit: (event) => {
        event.preventDefault()
        void submit()
      },
    },
    summaryProps: { ref: summary, id: `${id}error`, role: 'alert', tabIndex: -1 },
    getInputProps: ({ name, type, optional }) => {
      const isUsername = name === userField
      const isCode = type === 'otp'
      const isInvalid = Boolean(failure?.fields.includes(name))
      return {
        id: id + name,
        name,
        type: type === 'password' ? type : 'text',
        inputMode: isCode ? 'numeric' : 'text',
        autoComplete: isCode
          ? 'one-time-code'
          : isUsername
            ? 'username'
            : name === passwordField
              ? 'current-password'
              : 'off',
        autoCapitalize: 'none',
        autoCorrect: 'off',
        spellCheck: false,
        required: !optional,
        defaultValue: isUsername ? username : '',
        'aria-invalid': isInvalid,
        'aria-describedby': isInvalid ? `${id}error` : undefined,
      }
    },
    rememberProps: { type: 'checkbox', name: rememberName },
    submitProps: { type: 'submit', 'aria-disabled': isPending || secondsLeft > 0 },
    startAgain: () => {
      sent.current = {}
      if (!isPending) setState({ username, focus: 'input' })
    },
  }
}

/** Finds the first field of a type: the first text identifies the user, and password managers save the first password. */
const findName = (fields: readonly CredentialField[], type: CredentialField['type']): string =>
  fields.find((field) => field.type === type)?.name ?? ''
