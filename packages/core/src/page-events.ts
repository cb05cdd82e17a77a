import type { Channel, Platform } from './platform.ts'
import { ifAllowed } from './platform.ts'
import type { News } from './auth-state.ts'

/**
 * Listens to the page's events until the signal aborts, and to the tabs that use the same name. Returns the
 * line on which these are told, where there is one; whoever has it closes it.
 */
export function watch(
  platform: Platform,
  name: string,
  signal: AbortSignal,
  onNews: (news: News) => void,
  onPageEvent: (event: Event) => void,
): Channel | undefined {
  for (const type of ['visibilitychange', 'focus', 'online', 'pagehide', 'pageshow'] as const)
    platform.addEventListener(type, onPageEvent, { signal })
  return ifAllowed(() => {
    const channel = new platform.BroadcastChannel(name)
    channel.onmessage = ({ data }) => onNews(data as News)
    return channel
  })
}
