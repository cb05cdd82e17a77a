import type { Channel, Platform } from './platform.ts'

/** What tabs tell each other: that a session began or ended, and its public name. Never a secret. */
export interface TabMessage {
  readonly news: 'signed-in' | 'signed-out'
  readonly sessionId: string
}

/** The other tabs of this application. */
export interface Tabs {
  readonly tell: (message: TabMessage) => void
  readonly listen: () => void
  readonly stopListening: () => void
}

/** Tells always, hears only between `listen` and `stopListening`. */
export function createTabs(platform: Platform, name: string, onMessage: (message: TabMessage) => void): Tabs {
  const hear = (message: unknown): void => {
    const { news, sessionId } = Object(message) as TabMessage
    // Another version of this package may speak on the same channel.
    if ((news === 'signed-in' || news === 'signed-out') && typeof sessionId === 'string')
      onMessage({ news, sessionId })
  }
  let channel: Channel | undefined
  return {
    tell: (message) => {
      if (channel) return channel.post(message)
      const brief = platform.openChannel(name, () => {})
      brief.post(message)
      brief.close()
    },
    listen: () => {
      channel ??= platform.openChannel(name, hear)
    },
    stopListening: () => {
      channel?.close()
      channel = undefined
    },
  }
}
