import type { CredentialField, Session, SignInChallenge } from '@latchkey/core'
import type { RefObject, SyntheticEvent } from 'react'
import type { RegisteredUser } from '../register.ts'
import type { SignInMessages } from './messages.ts'
import type { SignInFailure } from './sign-in-failure.ts'

/** The options of `useSignInForm`. */
export interface SignInFormOptions {
  /** Texts in place of the English ones. */
  readonly messages?: Partial<SignInMessages> | undefined
  /** The username to begin with. */
  readonly username?: string | undefined
  /** Whether the session outlives the browser window; without it, the form has a checkbox for that. */
  readonly remember?: boolean | undefined
  /** Called after a sign-in, for example to move the focus to the heading of the next page. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-arguments -- `unknown` only without a registered user
  readonly onSignedIn?: ((session: Session<RegisteredUser>) => void) | undefined
}

/** The result of `useSignInForm`: the state of the form, and props for its elements. */
export interface UseSignInFormResult {
  readonly messages: SignInMessages
  /** What the server asks for besides the first credentials, for example a one-time code; absent in the first step. */
  readonly challenge: SignInChallenge | undefined
  /** The fields of this step, in order. */
  readonly fields: readonly CredentialField[]
  /** The username of the latest attempt. */
  readonly username: string
  readonly isPending: boolean
  /** Why the latest attempt failed; absent before, and as soon as a wait is over. */
  readonly failure: SignInFailure | undefined
  /** Seconds until the server accepts another attempt. */
  readonly secondsLeft: number
  /** What happens, for a live region; empty when nothing does. */
  readonly status: string
  readonly formProps: {
    readonly ref: RefObject<HTMLFormElement | null>
    readonly method: 'post'
    readonly noValidate: true
    readonly onSubmit: (event: SyntheticEvent<HTMLFormElement>) => void
  }
  /** Of the element that contains `failure.text`. It is always in the page, and gets the focus after an error. */
  readonly summaryProps: {
    readonly ref: RefObject<HTMLDivElement | null>
    readonly id: string
    readonly role: 'alert'
    readonly tabIndex: -1
  }
  readonly getInputProps: (field: CredentialField) => {
    readonly id: string
    readonly name: string
    readonly type: 'text' | 'password'
    readonly inputMode: 'numeric' | 'text'
    readonly autoComplete: string
    readonly autoCapitalize: 'none'
    readonly autoCorrect: 'off'
    readonly spellCheck: false
    readonly required: boolean
    readonly defaultValue: string
    readonly 'aria-invalid': boolean
    readonly 'aria-describedby': string | undefined
  }
  /** Of the checkbox that keeps the user signed in, unless the option `remember` is set. */
  readonly rememberProps: { readonly type: 'checkbox'; readonly name: string }
  /** Never disabled: a disabled button loses the focus and explains nothing. */
  readonly submitProps: { readonly type: 'submit'; readonly 'aria-disabled': boolean }
  /** Returns to the first step. */
  readonly startAgain: () => void
}
