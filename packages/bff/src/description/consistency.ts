import { formatUnknownName } from '../option-issues.ts'
import type { OptionIssue } from '../option-issues.ts'
import { isTokenName } from '../token-removal.ts'
import { listPlaceholders } from '../template.ts'
import type { ParsedDescription } from './schema.ts'
import { getSignInGrant } from './schema.ts'
import { reservedParams } from './values.ts'

/** Finds the parts of a description that are valid by themselves and contradict each other. */
export function findConsistencyIssues(description: ParsedDescription): OptionIssue[] {
  return [
    ...checkGrants(description),
    ...checkLogin(description),
    ...checkChallenges(description),
    ...checkRefresh(description),
    ...checkResponses(description),
  ]
}

function* checkGrants(description: ParsedDescription): Generator<OptionIssue> {
  const { client, login, grants, errors, token } = description
  const signInGrant = getSignInGrant(description)
  const loginFields = Object.keys(login.fields)
  const urlParams =
    'url' in token && URL.canParse(token.url) ? [...new URL(token.url).searchParams.keys()] : []
  if (!Object.hasOwn(grants, signInGrant))
    yield createIssue(
      'is missing. Expected: the grant that sign-in runs. Add it to grants, or change signInGrant',
      'grants',
      signInGrant,
    )
  for (const [name, { clientAuth, encoding, params }] of Object.entries(grants)) {
    if (['basic', 'post', 'query'].includes(clientAuth) && !client && !login.userIsClient)
      yield createIssue(
        `is missing. Expected: the client that grants.${name}.clientAuth "${clientAuth}" authenticates`,
        'client',
      )
    if (clientAuth === 'basic' && client && client.secret === undefined)
      yield createIssue(
        `is missing. Expected: the secret that Basic sends. For a client without one, set grants.${name}.clientAuth to "none"`,
        'client',
        'secret',
      )
    if (encoding === 'none' && Object.keys(params).length > 0)
      yield createIssue(
        'is not empty. Expected: no parameters, because the encoding "none" sends none',
        'grants',
        name,
        'params',
      )

    const challengeFields = errors.challenges.flatMap(({ grant, fields }) =>
      grant === name ? Object.keys(fields) : [],
    )
    const fieldNames = [...(name === signInGrant ? loginFields : []), ...challengeFields]
    for (const [param, template] of Object.entries(params)) {
      const path = ['grants', name, 'params', param]
      const placeholders = listPlaceholders(template)
      for (const placeholder of placeholders)
        if (!fieldNames.includes(placeholder))
          yield createIssue(
            `uses {${placeholder}}, which is not a field of this grant. Expected: ${fieldNames.length > 0 ? `fields among ${fieldNames.join(', ')}` : 'no placeholder'}`,
            ...path,
          )
      if (fieldNames.includes(param) && !placeholders.includes(param))
        yield createIssue(
          `is also a field of the user. Expected: a template that contains {${param}}, or another name`,
          ...path,
        )
      if (encoding === 'query' && urlParams.includes(param))
        yield createIssue('is also in the query of token.url. Expected: one of the two', ...path)
    }
  }
}

function* checkLogin(description: ParsedDescription): Generator<OptionIssue> {
  const { client, login } = description
  const loginFields = Object.keys(login.fields)
  const requiredFields: [name: string, reason: string][] = login.userIsClient
    ? ['client_id', 'client_secret'].map((name) => [name, 'login.userIsClient is true'])
    : []
  if (login.mode === 'automatic') {
    if (loginFields.length > 0)
      yield createIssue(
        'is not empty. Expected: no fields, because login.mode is "automatic"',
        'login',
        'fields',
      )
    if (!client)
      yield createIssue(
        'is missing. Expected: a client with its secret, because login.mode is "automatic"',
        'client',
      )
  } else {
    requiredFields.push([login.username, 'it names the user (login.username)'])
    if (getSignInGrant(description) === 'password')
      requiredFields.push(['password', 'the password grant sends it (RFC 6749 §4.3.2)'])
  }
  if (login.userIsClient && client)
    yield createIssue('is not allowed. Expected: no client, because login.userIsClient is true', 'client')
  for (const [name, reason] of requiredFields)
    if (!loginFields.includes(name))
      yield createIssue(`is missing. Expected: a field, because ${reason}`, 'login', 'fields', name)
  for (const name of loginFields)
    if (reservedParams.includes(name) && !(login.userIsClient && /^client_(id|secret)$/.test(name)))
      yield createIssue(
        'is not allowed. Expected: another name, because Latchkey sets this parameter',
        'login',
        'fields',
        name,
      )
}

function* checkChallenges({ grants, errors }: ParsedDescription): Generator<OptionIssue> {
  for (const [index, { grant }] of errors.challenges.entries())
    if (!Object.hasOwn(grants, grant))
      yield createIssue(formatUnknownName(grant, Object.keys(grants)), 'errors', 'challenges', index, 'grant')
}

function* checkRefresh({ login, grants, refresh }: ParsedDescription): Generator<OptionIssue> {
  const { mode, url, fallback, storeCredentials } = refresh
  const isAutomatic = login.mode === 'automatic'
  const reissues = mode === 'reissue' || fallback === 'reissue'
  if (mode === 'refresh_token' && !Object.hasOwn(grants, 'refresh_token'))
    yield createIssue(
      'is missing. Expected: a grant, because refresh.mode is "refresh_token"',
      'grants',
      'refresh_token',
    )
  if (mode === 'keep_alive' && url === undefined)
    yield createIssue(
      'is missing. Expected: the keep-alive endpoint, because refresh.mode is "keep_alive"',
      'refresh',
      'url',
    )
  if (isAutomatic && !reissues)
    yield createIssue(
      `is "${mode}". Expected: "reissue", here or in refresh.fallback, because login.mode is "automatic"`,
      'refresh',
      'mode',
    )
  if (reissues && !isAutomatic && !login.userIsClient)
    yield createIssue(
      'is "reissue". Expected: another value, because it would need the password again, which must not be stored (RFC 6749 §4.3.1)',
      'refresh',
      mode === 'reissue' ? 'mode' : 'fallback',
    )
  if (reissues && login.userIsClient && !storeCredentials)
    yield createIssue(
      'is false. Expected: true, because "reissue" sends the credentials of the user again',
      'refresh',
      'storeCredentials',
    )
  if (storeCredentials && !login.userIsClient)
    yield createIssue(
      'is true. Expected: false, because only a client secret may be stored, never a password (RFC 6749 §4.3.1)',
      'refresh',
      'storeCredentials',
    )
}

function* checkResponses({ response, grants }: ParsedDescription): Generator<OptionIssue> {
  yield* checkResponse(response, 'response')
  for (const [name, grant] of Object.entries(grants))
    if (grant.response) yield* checkResponse(grant.response, 'grants', name, 'response')
}

/** Finds what would give the page a refresh token or an ID Token, or an access token with the user. */
function* checkResponse(
  { fields, user, extraUserFields }: ParsedDescription['response'],
  ...path: string[]
): Generator<OptionIssue> {
  const { access_token: accessToken, refresh_token: refreshToken, id_token: idToken } = fields
  const tokens = [accessToken, refreshToken, idToken]
  const contains = (source: string, token: string): boolean =>
    isSameSource(source, token) || (!source.startsWith('header:') && token.startsWith(`${source}/`))
  if (
    [refreshToken, idToken].some((token) => isSameSource(token, accessToken)) ||
    /(refresh|id)token$/.test(simplifyLastName(accessToken))
  )
    yield createIssue(
      'is the place of another token. Expected: the access token, because the page may get it',
      ...path,
      'fields',
      'access_token',
    )
  const sources: [source: string | undefined, ...at: string[]][] = [
    [user, 'user'],
    [fields.scope, 'fields', 'scope'],
  ]
  for (const [source, ...at] of sources)
    if (
      source !== undefined &&
      (isTokenName(simplifyLastName(source)) || tokens.some((token) => contains(source, token)))
    )
      yield createIssue(
        'contains a token. Expected: a part without tokens, because the page gets it',
        ...path,
        ...at,
      )
  for (const [index, name] of extraUserFields.entries())
    if (
      isTokenName(name) ||
      /secret|password/i.test(name) ||
      tokens.some((token) => token.startsWith('/') && contains(`/${escapePointer(name)}`, token))
    )
      yield createIssue(
        'contains a token or a secret. Expected: a member that the page may get',
        ...path,
        'extraUserFields',
        index,
      )
}

/** Whether two sources of a response are one; names of headers have no case. */
function isSameSource(source: string, other: string): boolean {
  return source.startsWith('header:') ? source.toLowerCase() === other.toLowerCase() : source === other
}

/** Returns the letters of the last name in a source, in lower case. */
function simplifyLastName(source: string): string {
  return source
    .replace(/^.*[/:]/s, '')
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '')
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

function createIssue(message: string, ...path: (string | number)[]): OptionIssue {
  return { path, message }
}
