import type { TabChannel, Platform } from './platform.ts'
import { tryOrUndefined } from './platform.ts'
import type { TabMessage } from './auth-state.ts'

/**
 * Listens to the page's events until the signal aborts, and to the tabs that use the same name. Returns the
 * line on which these are told, where there is one; whoever has it closes it.
 */
export function listenToPage(
  platform: Platform,
  name: string,
  signal: AbortSignal,
  onTabMessage: (message: TabMessage) => void,
  onPageEvent: (event: Event) => void,
): TabChannel | undefined {
  for (const type of ['visibilitychange', 'focus', 'online', 'pagehide', 'pageshow'] as const)
    platform.addEventListener(type, onPageEvent, { signal })
  return tryOrUndefined(() => {
    const channel = new platform.BroadcastChannel(name)
    channel.onmessage = ({ data }) => onTabMessage(data as TabMessage)
    return channel
  })
}
