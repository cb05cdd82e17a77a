import type { AuthErrorCode, EndReason } from '@latchkey/core'

/** The sentences for errors, and for the reasons why a session ended. */
export interface ErrorMessages extends Readonly<
  Partial<Record<Exclude<AuthErrorCode, 'invalid_credentials' | 'rate_limited'> | EndReason, string>>
> {
  /** @param labels the labels of the fields, in the provider's words */
  readonly invalid_credentials: (labels: readonly string[]) => string
  readonly rate_limited: (seconds: number) => string
  /** For every other error after which another attempt may succeed, for example `network_error` and `temporarily_unavailable`. */
  readonly unavailable: string
  /** For every other error after which no attempt succeeds, for example `server_error`. */
  readonly misconfigured: string
  /** For every other reason, for example `refresh_lost`. */
  readonly sessionEnded: string
  readonly wrongCode: string
  /** When the server accepts no other code for this sign-in. */
  readonly wrongCodeStartAgain: string
  readonly expiredCode: string
  /** When a field is empty. */
  readonly missing: (label: string) => string
  /** Before the title of the page while an error is shown. */
  readonly errorPrefix: string
}

/** What `SignInForm` says. */
export interface SignInMessages extends ErrorMessages {
  readonly secondStep: (username: string) => string
  readonly startAgain: string
  readonly signIn: string
  readonly signingIn: string
  /** The label of the button while the server accepts no attempt. */
  readonly wait: (seconds: number) => string
  readonly waitIsOver: string
  readonly remember: string
  /** The label of the button that shows or hides a password. */
  readonly showPassword: (label: string, isShown: boolean) => string
  readonly capsLock: string
}

/** What the dialogs say besides the form. */
export interface DialogMessages {
  readonly signInAgain: string
  /** Below the sentence why the session ended. */
  readonly continueWhereYouWere: string
  readonly signInAsOther: string
  readonly stillThere: string
  /** @param seconds a round number, which changes rarely, because screen readers announce it */
  readonly sessionEnds: (seconds: number) => string
  /** When the session has reached its maximum age. */
  readonly sessionLimit: string
  readonly staySignedIn: string
  readonly extending: string
  readonly continueWorking: string
  readonly signOut: string
}

/** All texts of the three components. Each component takes some of them in `messages` and uses English for the others. */
export type Messages = SignInMessages & DialogMessages
