import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { ThirdPartyServer, PeerOptions } from './third-party-server.ts'
import { client, isActive, listen, startResource, user } from './third-party-server.ts'

/** The tables and the administrator of a new installation, as the Debian package brings them. */
const schema = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3'

/** How to get what is missing, in one line. */
export const howToInstallGlewlwyd =
  'on Debian, as root: apt-get install glewlwyd glewlwyd-common dbconfig-sqlite3 sqlite3 libconfig9'

/** Whether Glewlwyd can be run here: its program, `sqlite3`, and the Debian package's tables. */
export function glewlwydIsHere(): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const isInPath = (program: string): boolean => folders.some((folder) => existsSync(join(folder, program)))
  return isInPath('glewlwyd') && isInPath('sqlite3') && existsSync(schema)
}

/**
 * Glewlwyd (C), its OpenID Connect plugin. Refresh tokens work once. A wrong password is 403 and a refused
 * refresh 400, both with an empty body; discovery names endpoints with a doubled slash and no password grant.
 */
export async function startGlewlwyd(options: PeerOptions = {}): Promise<ThirdPartyServer> {
  const { accessTokenLifetime = 60, clientSecret = client.clientSecret } = options
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-glewlwyd-'))
  const database = join(folder, 'glewlwyd.db')
  await sql(database, `.read ${schema}`)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  await writeFile(join(folder, 'glewlwyd.conf'), configuration(port, url, database))

  const program = spawn('glewlwyd', [`--config-file=${join(folder, 'glewlwyd.conf')}`])
  const ended = once(program, 'exit')
  const stopServer = async (): Promise<void> => {
    program.kill()
    await ended
    await rm(folder, { recursive: true })
  }
  const issuer = `${url}/api/oidc`
  try {
    await answering(`${url}/config`, program)
    const administer = await signInAdministrator(url)
    await administer('POST', '/scope/', {
      name: 'read',
      password_required: true,
      password_max_age: 0,
      scheme: {},
    })
    await administer('POST', '/user/', account)
    await administer('POST', '/client/', registration(clientSecret))
    await administer('POST', '/mod/plugin/', plugin(issuer, accessTokenLifetime))
  } catch (error) {
    await stopServer()
    throw error
  }

  const resource = await startResource((token) => isActive(`${issuer}/introspect`, clientSecret, token))
  return {
    name: 'Glewlwyd',
    tokenUrl: `${issuer}/token`,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    issuer,
    revokeUrl: `${issuer}/revoke`,
    userinfoUrl: `${issuer}/userinfo`,
    resourceUrl: resource.url,
    clientId: client.clientId,
    clientSecret,
    clientAuth: ['basic', 'post'],
    ...user,
    scope: 'read',
    rotation: 'one-use',
    accessTokenLifetime,
    // Its administration has no such act, and disabling the user stops new sign-ins only.
    endSessions: async () => {
      await sql(database, 'UPDATE gpo_refresh_token SET gpor_enabled = 0')
    },
    stop: async () => {
      await Promise.all([stopServer(), resource.close()])
    },
  }
}

async function sql(database: string, statement: string): Promise<void> {
  await promisify(execFile)('sqlite3', ['-cmd', '.timeout 5000', database, statement])
}

async function freePort(): Promise<number> {
  const { url, close } = await listen()
  await close()
  return Number(new URL(url).port)
}

/** Resolves as soon as the server answers: it logs that it has started shortly before it listens. */
async function answering(url: string, program: ChildProcessWithoutNullStreams): Promise<void> {
  let written = ''
  for (const stream of [program.stdout, program.stderr])
    stream.on('data', (chunk) => (written += String(chunk)))
  while (!(await fetch(url).catch(() => null))?.ok) {
    if (program.exitCode !== null) throw new Error(`Glewlwyd did not start:\n${written}`)
    await setTimeout(20)
  }
}

type Administer = (method: string, path: string, body: object) => Promise<void>

/** Signs in with the password of a new installation and returns a way to its administration API. */
async function signInAdministrator(url: string): Promise<Administer> {
  let cookie = ''
  const administer: Administer = async (method, path, body) => {
    const headers = { 'Content-Type': 'application/json', Cookie: cookie }
    const answer = await fetch(`${url}/api${path}`, { method, headers, body: JSON.stringify(body) })
    if (!answer.ok)
      throw new Error(`Glewlwyd answered ${answer.status} to ${method} ${path}: ${await answer.text()}`)
    cookie = answer.headers.get('Set-Cookie')?.split(';')[0] ?? cookie
  }
  await administer('POST', '/auth/', { username: 'admin', password: 'password' })
  return administer
}

const account = {
  ...user,
  name: 'Alice',
  email: 'alice@example.test',
  scope: ['openid', 'read'],
  enabled: true,
}

function registration(clientSecret: string): object {
  return {
    client_id: client.clientId,
    client_secret: clientSecret,
    name: 'bff',
    confidential: true,
    enabled: true,
    scope: ['openid', 'read'],
    authorization_type: ['password', 'client_credentials', 'refresh_token'],
    token_endpoint_auth_method: ['client_secret_basic', 'client_secret_post'],
    redirect_uri: ['http://127.0.0.1/callback'],
  }
}

/** The OpenID Connect plugin with the password grant on; every member is needed. */
function plugin(issuer: string, accessTokenLifetime: number): object {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const parameters = {
    iss: issuer,
    'jwt-type': 'rsa',
    'jwt-key-size': '256',
    key: privateKey,
    cert: publicKey,
    'access-token-duration': accessTokenLifetime,
    'refresh-token-duration': 3600,
    'code-duration': 600,
    'refresh-token-rolling': false,
    'refresh-token-one-use': 'always',
    'allow-non-oidc': true,
    'auth-type-code-enabled': false,
    'auth-type-token-enabled': false,
    'auth-type-id-token-enabled': true,
    'auth-type-none-enabled': false,
    'auth-type-password-enabled': true,
    'auth-type-client-enabled': true,
    'auth-type-device-enabled': false,
    'auth-type-refresh-enabled': true,
    'jwks-show': true,
    'jwks-x5c': [],
    'request-parameter-allow': false,
    'subject-type': 'public',
    scope: [],
    'additional-parameters': [],
    claims: [],
    'allowed-scope': ['openid', 'read'],
    'introspection-revocation-allowed': true,
    'introspection-revocation-auth-scope': [],
    'introspection-revocation-allow-target-client': true,
    'register-client-allowed': false,
    'session-management-allowed': false,
  }
  return { module: 'oidc', name: 'oidc', display_name: 'oidc', order_rank: 0, parameters }
}

function configuration(port: number, url: string, database: string): string {
  return `port=${port}
bind_address="127.0.0.1"
external_url="${url}/"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="WARNING"
cookie_secure=0
session_expiration=2419200
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
use_secure_connection=false
secure_connection_key_file="unused, but it does not start without"
secure_connection_pem_file="unused, but it does not start without"
hash_algorithm="SHA512"
database = { type = "sqlite3"; path = "${database}"; };
`
}
