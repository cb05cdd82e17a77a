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
import type { ThirdPartyServer, ThirdPartyServerOptions } from './third-party-server.ts'
import { findFreePort } from '../support/free-port.ts'
import { testClient, isTokenActive, startResourceServer, testUser } from './third-party-server.ts'

/** The tables and the administrator of a new installation, from the Debian package. */
const schemaFile = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3'

/** How to install Glewlwyd and what its tests need, in one line. */
export const glewlwydInstallHint =
  'on Debian, as root: apt-get install glewlwyd glewlwyd-common dbconfig-sqlite3 sqlite3 libconfig9'

/** Whether this machine has Glewlwyd, `sqlite3` and the tables of the Debian package. */
export function isGlewlwydInstalled(): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const isInPath = (program: string): boolean => folders.some((folder) => existsSync(join(folder, program)))
  return isInPath('glewlwyd') && isInPath('sqlite3') && existsSync(schemaFile)
}

/**
 * Starts Glewlwyd (C) with its OpenID Connect plugin. Refresh tokens work once. It rejects a wrong password with 403
 * and a refresh with 400, both with an empty body. Its metadata doubles a slash in the endpoints and does not list the
 * password grant.
 */
export async function startGlewlwyd(options: ThirdPartyServerOptions = {}): Promise<ThirdPartyServer> {
  const { accessTokenLifetime = 60, clientSecret = testClient.clientSecret } = options
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-glewlwyd-'))
  const database = join(folder, 'glewlwyd.db')
  await runSql(database, `.read ${schemaFile}`)
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  await writeFile(join(folder, 'glewlwyd.conf'), formatConfiguration(port, url, database))

  const program = spawn('glewlwyd', [`--config-file=${join(folder, 'glewlwyd.conf')}`])
  const exited = once(program, 'exit')
  const stopServer = async (): Promise<void> => {
    program.kill()
    await exited
    await rm(folder, { recursive: true })
  }
  const issuer = `${url}/api/oidc`
  try {
    await waitUntilReady(`${url}/config`, program)
    const callAdminApi = await signInAdministrator(url)
    await callAdminApi('POST', '/scope/', {
      name: 'read',
      password_required: true,
      password_max_age: 0,
      scheme: {},
    })
    await callAdminApi('POST', '/user/', userRegistration)
    await callAdminApi('POST', '/client/', createClientRegistration(clientSecret))
    await callAdminApi('POST', '/mod/plugin/', createPluginRegistration(issuer, accessTokenLifetime))
  } catch (error) {
    await stopServer()
    throw error
  }

  const resource = await startResourceServer((token) =>
    isTokenActive(`${issuer}/introspect`, clientSecret, token),
  )
  return {
    name: 'Glewlwyd',
    tokenUrl: `${issuer}/token`,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    issuer,
    revokeUrl: `${issuer}/revoke`,
    userinfoUrl: `${issuer}/userinfo`,
    resourceUrl: resource.url,
    clientId: testClient.clientId,
    clientSecret,
    clientAuth: ['basic', 'post'],
    ...testUser,
    scope: 'read',
    rotation: 'one-use',
    accessTokenLifetime,
    // The administration API cannot end sessions, and disabling the user only stops new sign-ins.
    endSessions: async () => {
      await runSql(database, 'UPDATE gpo_refresh_token SET gpor_enabled = 0')
    },
    stop: async () => {
      await Promise.all([stopServer(), resource.close()])
    },
  }
}

async function runSql(database: string, statement: string): Promise<void> {
  await promisify(execFile)('sqlite3', ['-cmd', '.timeout 5000', database, statement])
}

/** Waits until the server responds: it logs that it has started shortly before it listens. */
async function waitUntilReady(url: string, program: ChildProcessWithoutNullStreams): Promise<void> {
  let output = ''
  for (const stream of [program.stdout, program.stderr])
    stream.on('data', (chunk) => (output += String(chunk)))
  while (!(await fetch(url).catch(() => null))?.ok) {
    if (program.exitCode !== null) throw new Error(`Glewlwyd did not start:\n${output}`)
    await setTimeout(20)
  }
}

type CallAdminApi = (method: string, path: string, body: object) => Promise<void>

/** Signs in with the password of a new installation. Returns a function that calls the administration API. */
async function signInAdministrator(url: string): Promise<CallAdminApi> {
  let cookie = ''
  const callAdminApi: CallAdminApi = async (method, path, body) => {
    const headers = { 'Content-Type': 'application/json', Cookie: cookie }
    const response = await fetch(`${url}/api${path}`, { method, headers, body: JSON.stringify(body) })
    if (!response.ok)
      throw new Error(
        `Glewlwyd responded to ${method} ${path} with ${response.status}: ${await response.text()}`,
      )
    cookie = response.headers.get('Set-Cookie')?.split(';')[0] ?? cookie
  }
  await callAdminApi('POST', '/auth/', { username: 'admin', password: 'password' })
  return callAdminApi
}

const userRegistration = {
  ...testUser,
  name: 'Alice',
  email: 'alice@example.test',
  scope: ['openid', 'read'],
  enabled: true,
}

function createClientRegistration(clientSecret: string): object {
  return {
    client_id: testClient.clientId,
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

/** The OpenID Connect plugin with the password grant enabled. Glewlwyd requires every member. */
function createPluginRegistration(issuer: string, accessTokenLifetime: number): object {
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

function formatConfiguration(port: number, url: string, database: string): string {
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
secure_connection_key_file="unused but required"
secure_connection_pem_file="unused but required"
hash_algorithm="SHA512"
database = { type = "sqlite3"; path = "${database}"; };
`
}
