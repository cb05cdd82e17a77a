import type { Platform } from './platform.ts'

/** The longest delay a timer can take; a longer one would ring at once. */
const longestDelay = 2 ** 31 - 1

/** The one alarm of a client. */
export interface Alarm {
  /** Rings in so many milliseconds, or sooner when that is too far away; `Infinity` cancels. */
  readonly set: (milliseconds: number) => void
}

/** An alarm that is set anew after every event, so that one which rings early does no harm. */
export function createAlarm(platform: Platform, ring: () => void): Alarm {
  let cancel: (() => void) | undefined
  return {
    set: (milliseconds) => {
      cancel?.()
      cancel =
        milliseconds === Infinity ? undefined : platform.setTimer(Math.min(milliseconds, longestDelay), ring)
    },
  }
}
