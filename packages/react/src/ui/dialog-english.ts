import type { DialogMessages } from './messages.ts'

const formatDuration = (seconds: number): string => {
  const [count, unit] = seconds < 60 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/** The English texts of the dialogs. */
export const dialogEnglish: DialogMessages = {
  signInAgain: 'Sign in again',
  continueWhereYouWere: 'Sign in to continue where you were.',
  signInAsOther: 'Sign in as another user',
  stillThere: 'Are you still there?',
  sessionEnds: (seconds) => `You will be signed out in ${formatDuration(seconds)}.`,
  sessionLimit:
    'Your session has reached its time limit. Save your work now; you can sign in again afterwards.',
  staySignedIn: 'Stay signed in',
  extending: 'One moment…',
  continueWorking: 'Continue',
  signOut: 'Sign out',
}
