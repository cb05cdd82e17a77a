import { openConnection } from './connection.mjs'

/** Fewer requests in a slice say nothing: a busy machine gets more time for them. */
const minRequests = 500
const maxMilliseconds = 30_000

/**
 * Sends the same request again and again.
 *
 * @param {{ port: number, request: string, connections: number, milliseconds: number }} options
 * @returns {Promise<{ requests: number, failure: string | null }>} the failure is the first response other than 200
 */
export async function loadServer({ port, request, connections, milliseconds }) {
  let requests = 0
  /** @type {string | null} */
  let failure = null
  let isRunning = true
  /** @type {import('./connection.mjs').Connection[]} */
  const open = Array.from({ length: connections }, () => {
    const connection = openConnection(
      port,
      (status, body) => {
        if (!isRunning) return
        if (status === 200) requests += 1
        else failure ??= `${status} ${body}`
        connection.send(request)
      },
      (error) => {
        if (isRunning) failure ??= String(error)
      },
    )
    return connection
  })
  for (const connection of open) connection.send(request)
  const start = performance.now()
  do await new Promise((resolve) => setTimeout(resolve, milliseconds))
  while (requests < minRequests && failure === null && performance.now() - start < maxMilliseconds)
  isRunning = false
  for (const connection of open) connection.close()
  return { requests, failure }
}
