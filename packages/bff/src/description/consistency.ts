import { placeholdersOf } from '../template.ts'
import type { Shape } from './schema.ts'
import { primaryOf } from './schema.ts'
import { reserved } from './values.ts'

/** What does not go together in a description, and what would. */
export interface Incoherence {
  path: (string | number)[]
  message: string
}

/** Everything that is right by itself in a description, and not beside the rest of it. */
export function incoherences(own: Shape): Incoherence[] {
  return [...ofGrants(own), ...ofLogin(own), ...ofChallenges(own), ...ofRefresh(own)]
}

function* ofGrants(own: Shape): Generator<Incoherence> {
  const { client, login, grants, errors, token } = own
  const primary = primaryOf(own)
  const fields = Object.keys(login.fields)
  const inUrl = 'url' in token ? [...new URL(token.url).searchParams.keys()] : []
  if (!Object.hasOwn(grants, primary)) yield fault('must be described: a sign-in runs it', 'grants', primary)
  for (const [name, { clientAuth, encoding, params }] of Object.entries(grants)) {
    if (['basic', 'body', 'query'].includes(clientAuth) && !client && !login.asClient)
      yield fault(`must be given, because grants.${name}.clientAuth is "${clientAuth}"`, 'client')
    if (clientAuth === 'basic' && client && client.secret === undefined)
      yield fault('must be given for Basic; a client without one has clientAuth "none"', 'client', 'secret')
    if (encoding === 'none' && Object.keys(params).length > 0)
      yield fault('must be empty, because an encoding of "none" sends nothing', 'grants', name, 'params')

    const asked = errors.challenges.flatMap(({ grant, ask }) => (grant === name ? Object.keys(ask) : []))
    const typed = [...(name === primary ? fields : []), ...asked]
    for (const [param, template] of Object.entries(params)) {
      const path = ['grants', name, 'params', param]
      const used = placeholdersOf(template)
      for (const one of used)
        if (!typed.includes(one)) yield fault(`names {${one}}, which nobody types for this grant`, ...path)
      if (typed.includes(param) && !used.includes(param))
        yield fault(`must not be set here: a person types ${param} into the field of that name`, ...path)
      if (encoding === 'query' && inUrl.includes(param))
        yield fault('must not be set here: the query of token.url has it already', ...path)
    }
  }
}

function* ofLogin(own: Shape): Generator<Incoherence> {
  const { client, login } = own
  const fields = Object.keys(login.fields)
  const needed: [name: string, why: string][] = login.asClient
    ? ['client_id', 'client_secret'].map((name) => [name, 'because login.asClient is true'])
    : []
  if (login.mode === 'automatic') {
    if (fields.length > 0) yield fault('must be empty: nobody types anything', 'login', 'fields')
    if (!client) yield fault('must be given: the application signs itself in', 'client')
  } else {
    needed.push([login.username, 'because it names the user (see login.username)'])
    if (primaryOf(own) === 'password')
      needed.push(['password', 'because the password grant sends it (RFC 6749 §4.3.2)'])
  }
  if (login.asClient && client) yield fault('must be absent, because login.asClient is true', 'client')
  for (const [name, why] of needed)
    if (!fields.includes(name)) yield fault(`must be described, ${why}`, 'login', 'fields', name)
  for (const name of fields)
    if (reserved.includes(name) && !(login.asClient && /^client_(id|secret)$/.test(name)))
      yield fault('must not be typed by a person: the grant writes it itself', 'login', 'fields', name)
}

function* ofChallenges({ grants, errors }: Shape): Generator<Incoherence> {
  for (const [place, { grant }] of errors.challenges.entries())
    if (!Object.hasOwn(grants, grant))
      yield fault('must be a grant that grants describes', 'errors', 'challenges', place, 'grant')
}

function* ofRefresh({ login, grants, refresh }: Shape): Generator<Incoherence> {
  const { mode, url, whenMissing, keepCredentials } = refresh
  const automatic = login.mode === 'automatic'
  const reissues = mode === 'reissue' || whenMissing === 'reissue'
  if (mode === 'refresh_token' && !Object.hasOwn(grants, 'refresh_token'))
    yield fault('must be described, because refresh.mode is "refresh_token"', 'grants', 'refresh_token')
  if (mode === 'keep_alive' && url === undefined)
    yield fault('must be given, because refresh.mode is "keep_alive"', 'refresh', 'url')
  if (automatic && !reissues)
    yield fault(
      'must be "reissue", or whenMissing be: the application asks again by itself',
      'refresh',
      'mode',
    )
  if (reissues && !automatic && !keepCredentials)
    yield fault(
      'must be true, or the login automatic: without what was typed nothing can be asked for again',
      'refresh',
      'keepCredentials',
    )
  if (keepCredentials && !login.asClient)
    yield fault(
      'must be false: only the secret of a person who is the client is kept, never a password (RFC 6749 §4.3.1)',
      'refresh',
      'keepCredentials',
    )
}

function fault(message: string, ...path: (string | number)[]): Incoherence {
  return { path, message }
}
