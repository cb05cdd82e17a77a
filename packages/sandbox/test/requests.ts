import type { SandboxUser, Sandbox } from '../src/index.ts'
import { cathy, demoClient } from '../src/index.ts'

/** The base URLs of the systems in a sandbox without a server. */
export const axosoftBase = 'https://sandbox.test/axosoft'
export const brightPatternBase = 'https://sandbox.test/bright-pattern'
export const classBase = 'https://sandbox.test/class'
export const classyBase = 'https://sandbox.test/classy'

const { clientId: client_id, clientSecret: client_secret } = demoClient

/** Sends the documented GET. Changes replace fields; `undefined` removes one. */
export function requestAxosoftToken(
  { fetch }: Sandbox,
  changes: Record<string, string | undefined> = {},
): Promise<Response> {
  const { username, password } = cathy
  const fields = { grant_type: 'password', username, password, client_id, client_secret, ...changes }
  return fetch(`${axosoftBase}/api/oauth2/token?${createForm(fields)}`)
}

/** Sends the documented POST form. */
export function requestClassToken(
  { fetch }: Sandbox,
  fields: Record<string, string | undefined>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${classBase}/connect/token`, { method: 'POST', body: createForm(fields), headers })
}

/** Creates the form of a sign-in at Class. */
export function createSignInFields(
  changes: Record<string, string | undefined> = {},
  { username, password }: SandboxUser = cathy,
): Record<string, string | undefined> {
  return { grant_type: 'password', username, password, ...changes }
}

/** Creates the form of a refresh at Class. */
export function createRefreshFields(
  refreshToken: unknown,
  scope?: string,
): Record<string, string | undefined> {
  return { grant_type: 'refresh_token', refresh_token: String(refreshToken), scope }
}

/** Signs in at Class and returns the body. */
export async function requestClassTokens(sandbox: Sandbox, scope?: string): Promise<Record<string, unknown>> {
  return readBody(await requestClassToken(sandbox, createSignInFields({ scope })))
}

/** Requests the funds from Class's API, by default in JSON. */
export function requestFunds(
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

/** Sends the documented POST form of a client at Classy. Changes replace fields; `undefined` removes one. */
export function requestClassyToken(
  { fetch }: Sandbox,
  changes: Record<string, string | undefined> = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  const fields = { grant_type: 'client_credentials', client_id, client_secret, ...changes }
  return fetch(`${classyBase}/oauth2/auth`, { method: 'POST', body: createForm(fields), headers })
}

/** Sends the documented POST form of a user at Bright Pattern. Changes replace fields; `undefined` removes one. */
export function requestBrightPatternToken(
  { fetch }: Sandbox,
  changes: Record<string, string | undefined> = {},
  version = 'v2',
): Promise<Response> {
  const user = { client_id: cathy.username, client_secret: cathy.apiSecret }
  const fields = { grant_type: 'client_credentials', ...user, scope: 'example.com', ...changes }
  return fetch(`${brightPatternBase}/configapi/${version}/oauth/token`, {
    method: 'POST',
    body: createForm(fields),
  })
}

/** Sends a GET with a bearer token if there is one. */
export function getWithToken(accessToken: unknown, { fetch }: Sandbox, url: string): Promise<Response> {
  return fetch(url, {
    headers: typeof accessToken === 'string' ? { Authorization: `Bearer ${accessToken}` } : {},
  })
}

export async function readBody(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>
}

export function createBasicHeader(pair = `${client_id}:${client_secret}`): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function createForm(fields: Record<string, string | undefined>): URLSearchParams {
  const present = Object.entries(fields).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return new URLSearchParams(present)
}
