import type { SignInMessages } from './messages.ts'

/** Lowers the first letter of a label inside a sentence, unless it begins an abbreviation such as "API". */
const lowerLabel = (label: string): string =>
  /^.[A-Z]/.test(label) ? label : label.charAt(0).toLowerCase() + label.slice(1)

const formatDuration = (seconds: number): string =>
  seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${seconds} second${seconds === 1 ? '' : 's'}`

const noAccess = 'This account has no access. Contact your administrator.'
const ended = 'Your session has ended'

/** The English texts of the form. No sentence says which of the credentials was wrong. */
export const signInEnglish: SignInMessages = {
  invalid_credentials: (labels) => `The ${labels.map(lowerLabel).join(' or ')} is not right.`,
  challenge_required: 'This page does not offer the second step of this account.',
  access_denied: noAccess,
  user_rejected: noAccess,
  rate_limited: (seconds) => `Too many attempts. Try again in ${formatDuration(seconds)}.`,
  unavailable: 'Sign-in is not available right now. Check your connection and try again.',
  misconfigured: 'Sign-in is not set up correctly. Contact your administrator.',

  sessionEnded: `${ended}.`,
  idle: `${ended} because the page was not used.`,
  absolute: `${ended} because it reached its time limit.`,
  signed_out: 'You have signed out.',
  signed_out_elsewhere: 'You have signed out in another tab.',

  wrongCode: 'That code is not right.',
  wrongCodeStartAgain: 'That code is not right. Start again.',
  expiredCode: 'That code has expired. Enter a new one.',
  missing: (label) => `Enter your ${lowerLabel(label)}.`,
  errorPrefix: 'Error: ',
  secondStep: (username) => `One more step for ${username}.`,
  startAgain: 'Start again',
  signIn: 'Sign in',
  signingIn: 'Signing in…',
  wait: (seconds) => `Wait ${formatDuration(seconds)}`,
  waitIsOver: 'You can try again now.',
  remember: 'Keep me signed in on this device',
  showPassword: (label, isShown) => `${isShown ? 'Hide' : 'Show'} ${lowerLabel(label)}`,
  capsLock: 'Caps Lock is on.',
}
