import type { SandboxUser, Sandbox } from '../src/index.ts'
import { cathy, demoClient } from '../src/index.ts'

/** Where the systems of a sandbox without a server live. */
export const axosoftBase = 'https://sandbox.test/axosoft'
export const brightPatternBase = 'https://sandbox.test/bright-pattern'
export const classBase = 'https://sandbox.test/class'
export const classyBase = 'https://sandbox.test/classy'

const { clientId: client_id, clientSecret: client_secret } = demoClient

/** The documented GET, with members changed or, by `undefined`, left out. */
export function requestAxosoftToken(
  { fetch }: Sandbox,
  changed: Record<string, string | undefined> = {},
): Promise<Response> {
  const { username, password } = cathy
  const fields = { grant_type: 'password', username, password, client_id, client_secret, ...changed }
  return fetch(`${axosoftBase}/api/oauth2/token?${encoded(fields)}`)
}

/** The documented POST form. */
export function requestClassToken(
  { fetch }: Sandbox,
  fields: Record<string, string | undefined>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${classBase}/connect/token`, { method: 'POST', body: encoded(fields), headers })
}

/** The fields of a sign-in at Class. */
export function signingIn(
  changed: Record<string, string | undefined> = {},
  { username, password }: SandboxUser = cathy,
): Record<string, string | undefined> {
  return { grant_type: 'password', username, password, ...changed }
}

/** The fields of a refresh at Class. */
export function refreshing(refreshToken: unknown, scope?: string): Record<string, string | undefined> {
  return { grant_type: 'refresh_token', refresh_token: String(refreshToken), scope }
}

/** Signs in at Class and returns the body. */
export async function tokensFromClass(sandbox: Sandbox, scope?: string): Promise<Record<string, unknown>> {
  return bodyOf(await requestClassToken(sandbox, signingIn({ scope })))
}

/** Asks Class's API for the funds, in JSON unless told otherwise. */
export function askForFunds(
  { fetch }: Sandbox,
  accessToken: unknown,
  headers: Record<string, string> = {},
  business = 'OAUTH_TEST',
): Promise<Response> {
  return fetch(`${classBase}/api/1.0/b/${business}/fund-data/fund-list`, {
    headers: {
      Authorization: `Bearer ${String(accessToken)}`,
      Accept: 'application/vnd.superip.action.v1+json',
      ...headers,
    },
  })
}

/** The documented POST form of an application at Classy, with members changed or, by `undefined`, left out. */
export function askClassy(
  { fetch }: Sandbox,
  changed: Record<string, string | undefined> = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  const fields = { grant_type: 'client_credentials', client_id, client_secret, ...changed }
  return fetch(`${classyBase}/oauth2/auth`, { method: 'POST', body: encoded(fields), headers })
}

/** The documented POST form of a user at Bright Pattern, with members changed or, by `undefined`, left out. */
export function askBrightPattern(
  { fetch }: Sandbox,
  changed: Record<string, string | undefined> = {},
  version = 'v2',
): Promise<Response> {
  const user = { client_id: cathy.username, client_secret: cathy.apiSecret }
  const fields = { grant_type: 'client_credentials', ...user, scope: 'example.com', ...changed }
  return fetch(`${brightPatternBase}/configapi/${version}/oauth/token`, {
    method: 'POST',
    body: encoded(fields),
  })
}

/** A GET with a bearer, or without one. */
export function getWithToken(accessToken: unknown, { fetch }: Sandbox, url: string): Promise<Response> {
  return fetch(url, {
    headers: typeof accessToken === 'string' ? { Authorization: `Bearer ${accessToken}` } : {},
  })
}

export async function bodyOf(answer: Response): Promise<Record<string, unknown>> {
  return (await answer.json()) as Record<string, unknown>
}

export function basic(pair = `${client_id}:${client_secret}`): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function encoded(fields: Record<string, string | undefined>): URLSearchParams {
  const present = Object.entries(fields).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return new URLSearchParams(present)
}
