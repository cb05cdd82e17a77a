import type { TabMessage } from './auth-state.ts'
import type { Platform, TabChannel } from './platform.ts'
import { tryOrUndefined } from './platform.ts'

/** The events of a page and the messages of the other tabs with the same channel name. */
export interface PageEvents {
  readonly start: () => void
  readonly stop: () => void
  readonly isListening: () => boolean
  /** Whether messages may have been missed for more than a second, since the client was created or since the last `true`. */
  readonly hasMissedMessages: () => boolean
  /** Sends a message to the other tabs, also while this page does not listen. */
  readonly post: (message: TabMessage) => void
}

export function createPageEvents(
  platform: Platform,
  channelName: string,
  now: () => number,
  onTabMessage: (message: TabMessage) => void,
  onPageEvent: (event: Event) => void,
): PageEvents {
  let listeners: AbortController | undefined
  let channel: TabChannel | undefined
  /** When the channel was closed, at first when this page began; `Infinity` while one is open. */
  let channelClosedAt = now()
  /** Whether messages may have been missed since {@link PageEvents.hasMissedMessages} last said so. */
  let hasMissed = false
  const updateHasMissed = (): void => {
    hasMissed ||= now() - channelClosedAt >= 1000
  }
  const openChannel = (): TabChannel | undefined =>
    tryOrUndefined(() => new platform.BroadcastChannel(channelName))
  return {
    start: () => {
      listeners = new AbortController()
      for (const type of ['visibilitychange', 'focus', 'online', 'pagehide', 'pageshow'] as const)
        platform.addEventListener(type, onPageEvent, listeners)
      channel = openChannel()
      if (!channel) return
      channel.onmessage = ({ data }) => onTabMessage(data as TabMessage)
      updateHasMissed()
      channelClosedAt = Infinity
    },
    stop: () => {
      if (!listeners) return
      listeners.abort()
      channel?.close()
      listeners = channel = undefined
      channelClosedAt = Math.min(channelClosedAt, now())
    },
    isListening: () => Boolean(listeners),
    hasMissedMessages: () => {
      updateHasMissed()
      if (!hasMissed) return false
      hasMissed = false
      if (!channel) channelClosedAt = now()
      return true
    },
    post: (message) => {
      const sender = channel ?? openChannel()
      sender?.postMessage(message)
      if (sender !== channel) sender?.close()
    },
  }
}
