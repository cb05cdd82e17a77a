import type { EndReason } from '@latchkey/core'

/** Why the page shows the sign-in form; `null` when nobody has signed in yet. */
export function describeEndReason(reason: EndReason = 'no_session'): string | null {
  return reason === 'no_session' ? null : (texts[reason] ?? 'Your session has ended.')
}

const texts: Partial<Record<EndReason, string>> = {
  signed_out: 'You have signed out.',
  signed_out_elsewhere: 'You have signed out in another tab.',
  idle: 'You were signed out because the page was not used for a while.',
}
