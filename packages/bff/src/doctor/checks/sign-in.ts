import { sessionPath, tokenPath } from '@latchkey/wire'
import { getGrant } from '../../description/provider-description.ts'
import type { DoctorContext } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'
import { describeTokenSet } from '../token-findings.ts'
import type { BffResponse, BffClient } from '../bff-client.ts'
import { createBffClient } from '../bff-client.ts'

/** A credential to prompt for. */
export interface PromptField {
  /** As in `login.fields` of the description. */
  name: string
  label: string
  /** Whether the terminal must not echo it. */
  isHidden: boolean
}

/** Resolves to the value of a field. */
export type Prompt = (field: PromptField) => Promise<string>

/** The BFF refreshes a token that is rejected sooner than this after its issue only once. */
const refreshGapSeconds = 120
const maxChallenges = 3

/** Signs in through a BFF with prompted credentials, refreshes once, and signs out. */
export async function checkSignIn(context: DoctorContext, prompt: Prompt): Promise<Finding[]> {
  const { provider } = context
  const client = createBffClient(context)
  try {
    const response = await submitCredentials(context, client, prompt)
    const token = client.getTokenSet()
    if (response.status !== 200 || !response.session || !token)
      return [{ check: 'sign-in', level: 'FAILED', ...describeRejection(response, client) }]
    return [
      { check: 'sign-in', level: 'ok', message: 'the server accepted the credentials' },
      ...describeTokenSet(token, getGrant(provider, provider.signInGrant).scope.default, context),
      ...(await checkRefresh(context, client, response.session.session_id)),
      ...(await checkSignOut(client)),
    ]
  } finally {
    await client.close()
  }
}

async function submitCredentials(
  context: DoctorContext,
  client: BffClient,
  prompt: Prompt,
): Promise<BffResponse> {
  const { login, errors } = context.provider
  const fields: typeof login.fields = Object.assign(
    {},
    login.fields,
    ...errors.challenges.map((challenge) => challenge.fields),
  )
  const promptFor = async (names: string[]): Promise<Record<string, string>> => {
    const values: Record<string, string> = {}
    for (const name of names) {
      const { label = name, type = 'otp' } = fields[name] ?? {}
      const value = await prompt({ name, label, isHidden: type !== 'text' })
      if (type !== 'text') context.addSecret(value)
      if (value !== '') values[name] = value
    }
    return values
  }

  const firstCredentials = await promptFor(Object.keys(login.fields))
  let response = await client.send('POST', sessionPath, { credentials: firstCredentials })
  for (let round = 0; round < maxChallenges && response.error === 'challenge_required'; round += 1) {
    const { fields: challengeFields = [], id } = response.challenge ?? {}
    const names = challengeFields.map(({ name }) => name)
    const credentials = { ...firstCredentials, ...(await promptFor(names)) }
    response = await client.send('POST', sessionPath, { credentials, challenge: id })
  }
  return response
}

function describeRejection(response: BffResponse, client: BffClient): Pick<Finding, 'message' | 'fix'> {
  const logLines = client.takeLogLines()
  if (response.error === 'invalid_credentials')
    return {
      message: 'the server rejected the credentials',
      fix: 'check them. Some servers respond the same way when this client may not use the grant, or when the account needs a second factor',
    }
  return { message: logLines || describeBffError(response) }
}

async function checkRefresh(
  { provider }: DoctorContext,
  client: BffClient,
  sessionId: string,
): Promise<Finding[]> {
  const { refresh } = provider
  const check = 'refresh'
  const refreshToken = client.getTokenSet()?.refreshToken ?? null
  const isPossible =
    refresh.mode === 'keep_alive' ||
    refresh.storeCredentials ||
    (refresh.mode === 'refresh_token' && refreshToken !== null)
  if (!isPossible)
    return refresh.mode === 'none'
      ? [{ check, level: 'ok', message: 'switched off: users sign in again when the token expires' }]
      : []
  client.advanceClock(refreshGapSeconds)
  const response = await client.send('POST', tokenPath, { session_id: sessionId, after: 1 })
  if (response.token?.sequence === 2) {
    const newRefreshToken = client.getTokenSet()?.refreshToken ?? null
    const rotates = refreshToken !== null && newRefreshToken !== null && newRefreshToken !== refreshToken
    return [
      {
        check,
        level: 'ok',
        message: `new access token issued${rotates ? ', with a new refresh token' : ''}`,
      },
    ]
  }
  return [
    {
      check,
      level: 'FAILED',
      message: client.takeLogLines() || describeBffError(response),
      fix: 'allow the refresh_token grant for this client. If the server rejects refresh tokens with a non-standard error, add it to errors.map',
    },
  ]
}

async function checkSignOut(client: BffClient): Promise<Finding[]> {
  client.takeLogLines()
  const response = await client.send('DELETE', sessionPath)
  await client.close()
  const logLines = client.takeLogLines()
  const check = 'sign-out'
  if (response.status === 204 && logLines === '')
    return [{ check, level: 'ok', message: 'the session ended' }]
  return [{ check, level: 'warn', message: logLines || describeBffError(response) }]
}

function describeBffError({ status, error_description: description }: BffResponse): string {
  return description ?? `the BFF responded with ${status}`
}
