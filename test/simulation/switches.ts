/** An invariant that is checked, or the reason why it is not. */
export type Switch = 'on' | { readonly off: string }

type SwitchName =
  | 'everywhereAfterTheEnd'
  | 'sameReasonEverywhere'
  | 'lossIsNamed'
  | 'closeWaitsForRefreshes'
  | 'storeFailureLosesNothing'

/**
 * The invariants that can be switched off. Each one without its behaviour in the packages would fail in most runs; a
 * weaker form is checked instead, which `README.md` describes.
 */
const switches: Record<SwitchName, Switch> = {
  /** A sign-out everywhere ends the other sessions of the user also when its own session has ended already. */
  everywhereAfterTheEnd: {
    off: 'The BFF no longer knows the user of an ended session, and responds with 204. Needs a record of the end.',
  },
  /** Every process and tab names the same reason for the end of a session, not only the first that notices. */
  sameReasonEverywhere: 'on',
  /** A session whose new refresh token died with its process ends with `refresh_lost`, not with `refresh_rejected`. */
  lossIsNamed: 'on',
  /** `close()` waits for refreshes, so that a deploy loses no session. */
  closeWaitsForRefreshes: 'on',
  /** A store that fails during a refresh costs no session: the new refresh token waits, and the lease is kept. */
  storeFailureLosesNothing: 'on',
}

/** Whether an invariant is checked. */
export function isChecked(name: SwitchName): boolean {
  return switches[name] === 'on'
}
