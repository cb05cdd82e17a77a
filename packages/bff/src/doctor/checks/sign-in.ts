import { sessionPath, tokenPath } from '@latchkey/wire'
import { grantNamed } from '../../description/provider-description.ts'
import type { Examination } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'
import { toldOf } from '../token-findings.ts'
import type { Answered, Visit } from '../bff-client.ts'
import { openVisit } from '../bff-client.ts'

/** Something to be typed. */
export interface Question {
  /** The name of the field. */
  name: string
  label: string
  /** Not to be seen while it is typed. */
  hidden: boolean
}

/** Asks whoever sits before the terminal, or the environment. */
export type Ask = (question: Question) => Promise<string>

/** Seconds after which a BFF takes a token that is rejected for an old one. */
const notYoung = 120
const mostChallenges = 3

/** Signs in through a BFF with what was typed, refreshes once, and signs out. */
export async function signIn(examination: Examination, ask: Ask): Promise<Finding[]> {
  const { provider } = examination
  const visit = openVisit(examination)
  try {
    const answer = await answered(examination, visit, ask)
    const token = visit.issued()
    if (answer.status !== 200 || !answer.session || !token)
      return [{ check: 'sign-in', verdict: 'FAILED', ...refusalOf(answer, visit) }]
    return [
      { check: 'sign-in', verdict: 'ok', says: 'the server takes what was typed' },
      ...toldOf(token, grantNamed(provider, provider.primary).scope.default, examination),
      ...(await refreshed(examination, visit, answer.session.session_id)),
      ...(await signedOut(visit)),
    ]
  } finally {
    await visit.close()
  }
}

async function answered(examination: Examination, visit: Visit, ask: Ask): Promise<Answered> {
  const { login, errors } = examination.provider
  const known = Object.assign({}, login.fields, ...errors.challenges.map((challenge) => challenge.ask))
  const typed = async (names: string[]): Promise<Record<string, string>> => {
    const own: Record<string, string> = {}
    for (const name of names) {
      const { label = name, type = 'otp' } = (known as typeof login.fields)[name] ?? {}
      const value = await ask({ name, label, hidden: type !== 'text' })
      if (type !== 'text') examination.hide(value)
      if (value !== '') own[name] = value
    }
    return own
  }

  const first = await typed(Object.keys(login.fields))
  let answer = await visit.send('POST', sessionPath, { credentials: first })
  for (let round = 0; round < mostChallenges && answer.error === 'challenge_required'; round += 1) {
    const { ask: names = [], id } = answer.challenge ?? {}
    const credentials = { ...first, ...(await typed(names)) }
    answer = await visit.send('POST', sessionPath, { credentials, challenge: id })
  }
  return answer
}

function refusalOf(answer: Answered, visit: Visit): { says: string; fix?: string } {
  const notes = visit.notes()
  if (answer.error === 'invalid_credentials')
    return {
      says: 'the server refuses what was typed',
      fix: 'are they right? Some servers answer the same when this client may not use the grant, or when the account wants a second factor',
    }
  return { says: notes || (answer.error_description ?? `the answer is ${answer.status}`) }
}

async function refreshed({ provider }: Examination, visit: Visit, sessionId: string): Promise<Finding[]> {
  const { refresh } = provider
  const check = 'refresh'
  const before = visit.issued()?.refreshToken ?? null
  const possible =
    refresh.mode === 'keep_alive' ||
    refresh.keepCredentials ||
    (refresh.mode === 'refresh_token' && before !== null)
  if (!possible)
    return refresh.mode === 'none'
      ? [{ check, verdict: 'ok', says: 'there is none: people sign in again when the token ends' }]
      : []
  visit.pass(notYoung)
  const answer = await visit.send('POST', tokenPath, { session_id: sessionId, after: 1 })
  if (answer.token?.sequence === 2) {
    const after = visit.issued()?.refreshToken ?? null
    const rotates = before !== null && after !== null && after !== before
    return [
      { check, verdict: 'ok', says: `brings another token${rotates ? ', and another refresh token' : ''}` },
    ]
  }
  const notes = visit.notes()
  return [
    {
      check,
      verdict: 'FAILED',
      says: notes || (answer.error_description ?? 'brings no other token'),
      fix: 'allow the refresh_token grant for this client; if the server refuses every refresh in words of its own, say so in errors.map',
    },
  ]
}

async function signedOut(visit: Visit): Promise<Finding[]> {
  visit.notes()
  const { status } = await visit.send('DELETE', sessionPath)
  await visit.close()
  const notes = visit.notes()
  const check = 'sign-out'
  if (status === 204 && notes === '') return [{ check, verdict: 'ok', says: 'ends the session' }]
  return [{ check, verdict: 'warn', says: notes || `the answer is ${status}` }]
}
