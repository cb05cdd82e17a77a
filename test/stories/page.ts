import type { ProviderDescription } from '@latchkey/bff'
import { createBff } from '@latchkey/bff'
import { csrfHeader, csrfHeaderValue } from '@latchkey/wire'
import { sessionAnswer } from '@latchkey/wire/schemas'
import { expect } from 'vitest'
import type { Peer } from '../peers/peer.ts'
import { providerOf } from '../support/peer-providers.ts'

type Answer = ReturnType<typeof sessionAnswer.parse>

/** A page of a browser in front of a BFF of its own, whose clock can be set forward. */
export interface Page {
  readonly send: (method: string, path: string, body?: unknown) => Promise<Response>
  readonly signIn: () => Promise<Answer>
  readonly restore: () => Promise<Answer>
  /** Asks for a token newer than the one held. */
  readonly refresh: (after?: number) => Promise<Answer>
  /** How the resource server answers to the token held. */
  readonly statusOfItems: () => Promise<number>
  /** Lets so many seconds pass for the BFF. */
  readonly wait: (seconds: number) => void
  /** What the BFF asked the authorization server for, in order. */
  readonly grants: () => string[]
  readonly isRefreshTokenGood: () => Promise<boolean>
  readonly log: () => string
  readonly secrets: () => string[]
  readonly close: () => Promise<void>
}

export function openPage(peer: Peer, provider: ProviderDescription = providerOf(peer)): Page {
  const { clientId, clientSecret, tokenUrl, resourceUrl } = peer
  const origin = 'https://portal.test'
  const asked: string[] = []
  const refreshTokens: string[] = []
  const cookies: string[] = []
  const lines: string[] = []
  const note = (line: string): void => void lines.push(line)
  // Stands still unless told otherwise, so that an answer never differs by a second.
  let now = Date.now()
  let held: Answer | null = null

  const bff = createBff({
    provider,
    logger: { info: note, warn: note, error: note },
    platform: {
      now: () => now,
      fetch: async (input, init) => {
        const request = new Request(input, init)
        const body = await request.clone().text()
        const answer = await fetch(request)
        if (request.url !== tokenUrl) return answer
        asked.push(String(new URLSearchParams(body).get('grant_type')))
        const { refresh_token } = Object(
          await answer
            .clone()
            .json()
            .catch(() => null),
        ) as Record<string, unknown>
        if (typeof refresh_token === 'string') refreshTokens.push(refresh_token)
        return answer
      },
    },
  })

  async function send(method: string, path: string, body?: unknown): Promise<Response> {
    const answer = await bff.fetch(
      new Request(`${origin}/auth${path}`, {
        method,
        headers: {
          [csrfHeader]: csrfHeaderValue,
          'Content-Type': 'application/json',
          'Sec-Fetch-Site': 'same-origin',
          ...(method !== 'GET' && { Origin: origin }),
          ...(cookies.at(-1) && { Cookie: String(cookies.at(-1)) }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    )
    const cookie = answer.headers.get('Set-Cookie')?.split(';')[0]
    if (cookie !== undefined) cookies.push(cookie.endsWith('=') ? '' : cookie)
    return answer
  }

  async function hold(answer: Response): Promise<Answer> {
    expect(answer.status).toBe(200)
    return (held = sessionAnswer.parse(await answer.json()))
  }

  return {
    send,
    signIn: async () => hold(await send('POST', '/session', { credentials: credentialsOf(peer) })),
    restore: async () => hold(await send('GET', '/session')),
    refresh: async (after = held?.token?.sequence) =>
      hold(await send('POST', '/token', { session_id: held?.session?.session_id, after })),
    statusOfItems: async () => {
      const headers = { Authorization: `Bearer ${held?.token?.access_token}` }
      return (await fetch(`${resourceUrl}/items`, { headers })).status
    },
    wait: (seconds) => {
      now += seconds * 1000
    },
    grants: () => asked,
    isRefreshTokenGood: async () => {
      const body = { grant_type: 'refresh_token', refresh_token: refreshTokens.at(-1) ?? '' }
      const client = { client_id: clientId, client_secret: clientSecret }
      return (await fetch(tokenUrl, { method: 'POST', body: new URLSearchParams({ ...body, ...client }) })).ok
    },
    log: () => lines.join('\n'),
    secrets: () => {
      const values = cookies.filter(Boolean).map((cookie) => cookie.slice(cookie.indexOf('=') + 1))
      return [peer.password, clientSecret, ...refreshTokens, ...values]
    },
    close: () => bff.close(),
  }
}

/** What the peer's user types, with members changed. */
export function credentialsOf(
  { username, password }: Peer,
  changed: Record<string, string> = {},
): Record<string, string> {
  return { username, password, ...changed }
}
