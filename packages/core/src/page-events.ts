import type { TabChannel, Platform } from './platform.ts'
import { tryOrUndefined } from './platform.ts'
import type { TabMessage } from './auth-state.ts'

/**
 * Listens to the events of the page until the signal aborts, and to the tabs that use the same channel name. Returns
 * the channel, which the caller closes, or `undefined` where channels are not allowed.
 */
export function listenToPage(
  platform: Platform,
  channelName: string,
  signal: AbortSignal,
  onTabMessage: (message: TabMessage) => void,
  onPageEvent: (event: Event) => void,
): TabChannel | undefined {
  for (const type of ['visibilitychange', 'focus', 'online', 'pagehide', 'pageshow'] as const)
    platform.addEventListener(type, onPageEvent, { signal })
  return tryOrUndefined(() => {
    const channel = new platform.BroadcastChannel(channelName)
    channel.onmessage = ({ data }) => onTabMessage(data as TabMessage)
    return channel
  })
}
