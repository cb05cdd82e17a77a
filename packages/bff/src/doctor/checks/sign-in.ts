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
const mostChallenges = 3

/** Signs in through a BFF with what was typed, refreshes once, and signs out. */
export async function checkSignIn(context: DoctorContext, ask: Prompt): Promise<Finding[]> {
  const { provider } = context
  const visit = createBffClient(context)
  try {
    const answer = await submitCredentials(context, visit, ask)
    const token = visit.getTokenSet()
    if (answer.status !== 200 || !answer.session || !token)
      return [{ check: 'sign-in', level: 'FAILED', ...refusalOf(answer, visit) }]
    return [
      { check: 'sign-in', level: 'ok', message: 'the server takes what was typed' },
      ...describeTokenSet(token, getGrant(provider, provider.signInGrant).scope.default, context),
      ...(await reportRefresh(context, visit, answer.session.session_id)),
      ...(await reportSignOut(visit)),
    ]
  } finally {
    await visit.close()
  }
}

async function submitCredentials(
  context: DoctorContext,
  visit: BffClient,
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
  let answer = await visit.send('POST', sessionPath, { credentials: first })
  for (let round = 0; round < mostChallenges && answer.error === 'challenge_required'; round += 1) {
    const { fields: names = [], id } = answer.challenge ?? {}
    const credentials = { ...first, ...(await typed(names)) }
    answer = await visit.send('POST', sessionPath, { credentials, challenge: id })
  }
  return answer
}

function refusalOf(answer: BffResponse, visit: BffClient): { message: string; fix?: string } {
  const notes = visit.takeLogLines()
  if (answer.error === 'invalid_credentials')
    return {
      message: 'the server refuses what was typed',
      fix: 'are they right? Some servers answer the same when this client may not use the grant, or when the account wants a second factor',
    }
  return { message: notes || (answer.error_description ?? `the answer is ${answer.status}`) }
}

async function reportRefresh(
  { provider }: DoctorContext,
  visit: BffClient,
  sessionId: string,
): Promise<Finding[]> {
  const { refresh } = provider
  const check = 'refresh'
  const before = visit.getTokenSet()?.refreshToken ?? null
  const possible =
    refresh.mode === 'keep_alive' ||
    refresh.storeCredentials ||
    (refresh.mode === 'refresh_token' && before !== null)
  if (!possible)
    return refresh.mode === 'none'
      ? [{ check, level: 'ok', message: 'there is none: people sign in again when the token ends' }]
      : []
  visit.advanceClock(refreshGapSeconds)
  const answer = await visit.send('POST', tokenPath, { session_id: sessionId, after: 1 })
  if (answer.token?.sequence === 2) {
    const after = visit.getTokenSet()?.refreshToken ?? null
    const rotates = before !== null && after !== null && after !== before
    return [
      { check, level: 'ok', message: `brings another token${rotates ? ', and another refresh token' : ''}` },
    ]
  }
  const notes = visit.takeLogLines()
  return [
    {
      check,
      level: 'FAILED',
      message: notes || (answer.error_description ?? 'brings no other token'),
      fix: 'allow the refresh_token grant for this client; if the server refuses every refresh in words of its own, say so in errors.map',
    },
  ]
}

async function reportSignOut(visit: BffClient): Promise<Finding[]> {
  visit.takeLogLines()
  const { status } = await visit.send('DELETE', sessionPath)
  await visit.close()
  const notes = visit.takeLogLines()
  const check = 'sign-out'
  if (status === 204 && notes === '') return [{ check, level: 'ok', message: 'ends the session' }]
  return [{ check, level: 'warn', message: notes || `the answer is ${status}` }]
}
