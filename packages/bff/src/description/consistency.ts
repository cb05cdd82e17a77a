import { listPlaceholders } from '../template.ts'
import type { ParsedDescription } from './schema.ts'
import { getSignInGrant } from './schema.ts'
import { reservedParams } from './values.ts'

/** What does not go together in a description, and what would. */
export interface ConsistencyIssue {
  path: (string | number)[]
  message: string
}

/** Everything that is right by itself in a description, and not beside the rest of it. */
export function findConsistencyIssues(own: ParsedDescription): ConsistencyIssue[] {
  return [...checkGrants(own), ...checkLogin(own), ...checkChallenges(own), ...checkRefresh(own)]
}

function* checkGrants(own: ParsedDescription): Generator<ConsistencyIssue> {
  const { client, login, grants, errors, token } = own
  const signInGrant = getSignInGrant(own)
  const loginFields = Object.keys(login.fields)
  const inUrl = 'url' in token ? [...new URL(token.url).searchParams.keys()] : []
  if (!Object.hasOwn(grants, signInGrant))
    yield fault('must be described: a sign-in runs it', 'grants', signInGrant)
  for (const [name, { clientAuth, encoding, params }] of Object.entries(grants)) {
    if (['basic', 'post', 'query'].includes(clientAuth) && !client && !login.userIsClient)
      yield fault(`must be given, because grants.${name}.clientAuth is "${clientAuth}"`, 'client')
    if (clientAuth === 'basic' && client && client.secret === undefined)
      yield fault('must be given for Basic; a client without one has clientAuth "none"', 'client', 'secret')
    if (encoding === 'none' && Object.keys(params).length > 0)
      yield fault('must be empty, because an encoding of "none" sends nothing', 'grants', name, 'params')

    const challengeFields = errors.challenges.flatMap(({ grant, fields }) =>
      grant === name ? Object.keys(fields) : [],
    )
    const credentials = [...(name === signInGrant ? loginFields : []), ...challengeFields]
    for (const [param, template] of Object.entries(params)) {
      const path = ['grants', name, 'params', param]
      const used = listPlaceholders(template)
      for (const one of used)
        if (!credentials.includes(one))
          yield fault(`names {${one}}, which nobody types for this grant`, ...path)
      if (credentials.includes(param) && !used.includes(param))
        yield fault(`must not be set here: a person types ${param} into the field of that name`, ...path)
      if (encoding === 'query' && inUrl.includes(param))
        yield fault('must not be set here: the query of token.url has it already', ...path)
    }
  }
}

function* checkLogin(own: ParsedDescription): Generator<ConsistencyIssue> {
  const { client, login } = own
  const loginFields = Object.keys(login.fields)
  const needed: [name: string, why: string][] = login.userIsClient
    ? ['client_id', 'client_secret'].map((name) => [name, 'because login.userIsClient is true'])
    : []
  if (login.mode === 'automatic') {
    if (loginFields.length > 0) yield fault('must be empty: nobody types anything', 'login', 'fields')
    if (!client) yield fault('must be given: the application signs itself in', 'client')
  } else {
    needed.push([login.username, 'because it names the user (see login.username)'])
    if (getSignInGrant(own) === 'password')
      needed.push(['password', 'because the password grant sends it (RFC 6749 §4.3.2)'])
  }
  if (login.userIsClient && client)
    yield fault('must be absent, because login.userIsClient is true', 'client')
  for (const [name, why] of needed)
    if (!loginFields.includes(name)) yield fault(`must be described, ${why}`, 'login', 'fields', name)
  for (const name of loginFields)
    if (reservedParams.includes(name) && !(login.userIsClient && /^client_(id|secret)$/.test(name)))
      yield fault('must not be typed by a person: the grant writes it itself', 'login', 'fields', name)
}

function* checkChallenges({ grants, errors }: ParsedDescription): Generator<ConsistencyIssue> {
  for (const [place, { grant }] of errors.challenges.entries())
    if (!Object.hasOwn(grants, grant))
      yield fault('must be a grant that grants describes', 'errors', 'challenges', place, 'grant')
}

function* checkRefresh({ login, grants, refresh }: ParsedDescription): Generator<ConsistencyIssue> {
  const { mode, url, fallback, storeCredentials } = refresh
  const automatic = login.mode === 'automatic'
  const reissues = mode === 'reissue' || fallback === 'reissue'
  if (mode === 'refresh_token' && !Object.hasOwn(grants, 'refresh_token'))
    yield fault('must be described, because refresh.mode is "refresh_token"', 'grants', 'refresh_token')
  if (mode === 'keep_alive' && url === undefined)
    yield fault('must be given, because refresh.mode is "keep_alive"', 'refresh', 'url')
  if (automatic && !reissues)
    yield fault('must be "reissue", or fallback be: the application asks again by itself', 'refresh', 'mode')
  if (reissues && !automatic && !storeCredentials)
    yield fault(
      'must be true, or the login automatic: without what was typed nothing can be asked for again',
      'refresh',
      'storeCredentials',
    )
  if (storeCredentials && !login.userIsClient)
    yield fault(
      'must be false: only the secret of a person who is the client is kept, never a password (RFC 6749 §4.3.1)',
      'refresh',
      'storeCredentials',
    )
}

function fault(message: string, ...path: (string | number)[]): ConsistencyIssue {
  return { path, message }
}
