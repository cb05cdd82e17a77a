import { sessionPath, tokenPath } from '@latchkey/wire'
import { getGrant } from '../../description/provider-description.ts'
import type { DoctorContext } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'
import { describeTokenSet } from '../token-findings.ts'
import type { BffResponse, BffClient } from '../bff-client.ts'
import { createBffClient } from '../bff-client.ts'

/** Something to be typed. */
export interface PromptField {
  /** The name of the field. */
  name: string
  label: string
  /** Not to be seen while it is typed. */
  hidden: boolean
}

/** Asks whoever sits before the terminal, or the environment. */
export type Prompt = (question: PromptField) => Promise<string>

/** Seconds after which a BFF takes a token that is rejected for an old one. */
const refreshGapSeconds = 120
const maxChallenges = 3

/** Signs in through a BFF with what was typed, refreshes once, and signs out. */
export async function checkSignIn(context: DoctorContext, ask: Prompt): Promise<Finding[]> {
  const { provider } = context
  const client = createBffClient(context)
  try {
    const response = await submitCredentials(context, client, ask)
    const token = client.getTokenSet()
    if (response.status !== 200 || !response.session || !token)
      return [{ check: 'sign-in', level: 'FAILED', ...describeRejection(response, client) }]
    return [
      { check: 'sign-in', level: 'ok', message: 'the server takes what was typed' },
      ...describeTokenSet(token, getGrant(provider, provider.signInGrant).scope.default, context),
      ...(await reportRefresh(context, client, response.session.session_id)),
      ...(await reportSignOut(client)),
    ]
  } finally {
    await client.close()
  }
}

async function submitCredentials(
  context: DoctorContext,
  client: BffClient,
  ask: Prompt,
): Promise<BffResponse> {
  const { login, errors } = context.provider
  const known = Object.assign({}, login.fields, ...errors.challenges.map((challenge) => challenge.fields))
  const typed = async (names: string[]): Promise<Record<string, string>> => {
    const own: Record<string, string> = {}
    for (const name of names) {
      const { label = name, type = 'otp' } = (known as typeof login.fields)[name] ?? {}
      const value = await ask({ name, label, hidden: type !== 'text' })
      if (type !== 'text') context.addSecret(value)
      if (value !== '') own[name] = value
    }
    return own
  }

  const first = await typed(Object.keys(login.fields))
  let response = await client.send('POST', sessionPath, { credentials: first })
  for (let round = 0; round < maxChallenges && response.error === 'challenge_required'; round += 1) {
    const { fields = [], id } = response.challenge ?? {}
    const credentials = { ...first, ...(await typed(fields.map(({ name }) => name))) }
    response = await client.send('POST', sessionPath, { credentials, challenge: id })
  }
  return response
}

function describeRejection(response: BffResponse, client: BffClient): { message: string; fix?: string } {
  const notes = client.takeLogLines()
  if (response.error === 'invalid_credentials')
    return {
      message: 'the server refuses what was typed',
      fix: 'are they right? Some servers answer the same when this client may not use the grant, or when the account wants a second factor',
    }
  return { message: notes || (response.error_description ?? `the answer is ${response.status}`) }
}

async function reportRefresh(
  { provider }: DoctorContext,
  client: BffClient,
  sessionId: string,
): Promise<Finding[]> {
  const { refresh } = provider
  const check = 'refresh'
  const before = client.getTokenSet()?.refreshToken ?? null
  const possible =
    refresh.mode === 'keep_alive' ||
    refresh.storeCredentials ||
    (refresh.mode === 'refresh_token' && before !== null)
  if (!possible)
    return refresh.mode === 'none'
      ? [{ check, level: 'ok', message: 'there is none: people sign in again when the token ends' }]
      : []
  client.advanceClock(refreshGapSeconds)
  const response = await client.send('POST', tokenPath, { session_id: sessionId, after: 1 })
  if (response.token?.sequence === 2) {
    const after = client.getTokenSet()?.refreshToken ?? null
    const rotates = before !== null && after !== null && after !== before
    return [
      { check, level: 'ok', message: `brings another token${rotates ? ', and another refresh token' : ''}` },
    ]
  }
  const notes = client.takeLogLines()
  return [
    {
      check,
      level: 'FAILED',
      message: notes || (response.error_description ?? 'brings no other token'),
      fix: 'allow the refresh_token grant for this client; if the server refuses every refresh in words of its own, say so in errors.map',
    },
  ]
}

async function reportSignOut(client: BffClient): Promise<Finding[]> {
  client.takeLogLines()
  const { status } = await client.send('DELETE', sessionPath)
  await client.close()
  const notes = client.takeLogLines()
  const check = 'sign-out'
  if (status === 204 && notes === '') return [{ check, level: 'ok', message: 'ends the session' }]
  return [{ check, level: 'warn', message: notes || `the answer is ${status}` }]
}
