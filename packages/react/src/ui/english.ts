import { dialogEnglish } from './dialog-english.ts'
import type { Messages } from './messages.ts'
import { signInEnglish } from './sign-in-english.ts'

/** All English texts, for example as the start of a translation. */
export const english: Messages = { ...signInEnglish, ...dialogEnglish }
