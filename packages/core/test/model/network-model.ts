import type { BffModel, ModelRequest, ModelResponse } from './bff-model.ts'
import type { Timeline } from './timeline.ts'

/**
 * What the network does: it is quick, slow or in any order, it is cut, it loses responses that the BFF has sent, it
 * never responds, or a captive portal responds to everything.
 */
export type NetworkCondition =
  | 'quick'
  | 'slow'
  | 'reordering'
  | 'cut'
  | 'losing responses'
  | 'silent'
  | 'captive'

export interface SentRequest extends ModelRequest {
  /** An aborted request may still reach the BFF; its response reaches nothing. */
  readonly isAborted: () => boolean
}

/** After which time the operating system gives up a connection without a response, in milliseconds. */
export const maxConnectionMs = 60_000

export interface NetworkModel {
  condition: NetworkCondition
  /** Sends a request; `respond` gets `null` when it failed, and is not called for some aborted requests. */
  readonly send: (request: SentRequest, respond: (response: ModelResponse | null) => void) => void
  /** Breaks all connections, as a BFF that restarts. */
  readonly breakConnections: () => void
}

export function createNetworkModel(timeline: Timeline, bff: BffModel, random: () => number): NetworkModel {
  let connections = {}

  const getLatency = (): number => {
    if (network.condition === 'slow') return 1_500 + random() * 5_000
    return network.condition === 'reordering' ? random() * 2_000 : 1 + random() * 20
  }

  const network: NetworkModel = {
    condition: 'quick',
    breakConnections: () => {
      connections = {}
    },
    send: (request, respond) => {
      const connection = connections
      const fail = (): void => void timeline.schedule(random() * 5, () => respond(null))
      if (network.condition === 'cut') return fail()
      if (network.condition === 'captive')
        return void timeline.schedule(getLatency(), () => respond({ status: 200, body: undefined }))
      const giveUp = (): void => void timeline.schedule(maxConnectionMs, () => respond(null))
      timeline.schedule(getLatency(), () => {
        if (network.condition === 'silent') return giveUp()
        if (request.isAborted() && random() < 0.5) return
        if (connection !== connections) return fail()
        const response = bff.handle(request)
        if (!response || network.condition === 'losing responses') return fail()
        timeline.schedule(getLatency(), () => {
          if (network.condition === 'silent') return giveUp()
          respond(network.condition === 'cut' || connection !== connections ? null : response)
        })
      })
    },
  }
  return network
}
