import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { CorsOrigins } from './cors.ts'
import { exampleOrigin, isOrigin } from './cors.ts'
import { exampleUsers, resolveUsers } from './resolve-users.ts'
import type { StartOptions } from './server.ts'
import type { ResolvedUser } from './users.ts'

export const help: string = `latchkey-sandbox [--port N] [--lifetime SECONDS] [--cors [ORIGIN]] [--users FILE]

  Serves the token endpoints and a small API of Axosoft, Bright Pattern, Class and Classy on 127.0.0.1.

  --port N             the port: 8910 by default, 0 for a free one
  --lifetime SECONDS   the lifetime of access tokens; by default, that of each system
  --cors [ORIGIN]      lets pages of other origins call the APIs: of any origin, or of this one (repeatable)
  --users FILE         the users who can sign in: a JSON file such as ${exampleUsers}
  --help               this text`

/** The options of the command, or `null` for `--help`. */
export type CliOptions = StartOptions & { readonly usersFile?: string }

/**
 * Reads the arguments of the command and the file with the users.
 *
 * @throws Error with a message for the terminal
 */
export async function readCliOptions(args: readonly string[]): Promise<CliOptions | null> {
  const { values } = parseArgs({
    args: args.map((arg, index) => (isBareCors(args, index) ? '--cors=*' : arg)),
    options: {
      port: { type: 'string', default: '8910' },
      lifetime: { type: 'string' },
      cors: { type: 'string', multiple: true, default: [] },
      users: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return null

  const lifetime =
    values.lifetime === undefined
      ? {}
      : { accessTokenLifetime: parseWholeNumber('--lifetime', values.lifetime, Number.MAX_SAFE_INTEGER) }
  return {
    port: parseWholeNumber('--port', values.port, 65_535),
    cors: parseCors(values.cors),
    axosoft: lifetime,
    brightPattern: lifetime,
    class: lifetime,
    classy: lifetime,
    ...(values.users !== undefined && {
      users: await readUsersFile(values.users),
      usersFile: values.users,
    }),
  }
}

/** `parseArgs` has no options with an optional value. */
function isBareCors(args: readonly string[], index: number): boolean {
  return args[index] === '--cors' && (args[index + 1] ?? '-').startsWith('-')
}

function parseCors(origins: readonly string[]): CorsOrigins {
  if (origins.length === 0) return false
  if (origins.includes('*')) return true
  if (!origins.every(isOrigin)) {
    throw new Error(
      `--cors: is not an origin. Expected: a scheme, host and port, such as "${exampleOrigin}", or nothing.`,
    )
  }
  return origins
}

function parseWholeNumber(option: string, value: string, max: number): number {
  if (!/^\d+$/.test(value) || Number(value) > max) {
    throw new Error(`${option}: is not valid. Expected: a whole number from 0 to ${max}.`)
  }
  return Number(value)
}

async function readUsersFile(file: string): Promise<readonly ResolvedUser[]> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const issue = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
    throw new Error(`${file}: ${issue}. Expected: a JSON file with users, such as ${exampleUsers}.`, {
      cause: error,
    })
  }
  let users: unknown
  try {
    users = JSON.parse(text)
  } catch {
    // The parser's message quotes the file, and the file contains passwords.
    throw new Error(`${file}: is not valid JSON. Expected: users, such as ${exampleUsers}.`)
  }
  return resolveUsers(users, file)
}
