import { openConnection } from './connection.mjs'

/** Milliseconds after which a response counts as lost. */
const maxWaitMs = 20_000

/**
 * Sends each request once a second on a connection of its own, spread evenly over the second.
 *
 * @param {{ port: number, requests: string[], seconds: number }} options
 * @returns {Promise<{ latencies: number[], failure: string | null }>} milliseconds, and the first response other than 200
 */
export async function sendAtRate({ port, requests, seconds }) {
  /** @type {number[]} */
  const latencies = []
  /** @type {string | null} */
  let failure = null
  const senders = requests.map((request) => {
    /** @type {number[]} */
    const sentAt = []
    const connection = openConnection(
      port,
      (status, body) => {
        const latency = performance.now() - (sentAt.shift() ?? 0)
        if (status === 200) latencies.push(latency)
        else failure ??= `${status} ${body}`
      },
      (error) => (failure ??= String(error)),
    )
    const send = () => {
      sentAt.push(performance.now())
      connection.send(request)
    }
    return { send, close: connection.close }
  })

  const total = requests.length * seconds
  const start = performance.now()
  let sent = 0
  while (sent < total) {
    const due = Math.min(total, ((performance.now() - start) / 1000) * requests.length)
    for (; sent < due; sent += 1) senders[sent % senders.length]?.send()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const sentAll = performance.now()
  while (latencies.length < total && failure === null && performance.now() - sentAll < maxWaitMs)
    await new Promise((resolve) => setTimeout(resolve, 10))
  for (const { close } of senders) close()
  if (latencies.length < total)
    failure ??= `${total - latencies.length} of ${total} requests without a response`
  return { latencies, failure }
}
