import type { ResolvedUser, SandboxUser } from './users.ts'

/**
 * Validates users and fills in the members that they leave out.
 *
 * @param name of the list in error messages: an option or a file
 * @throws TypeError with one line for each issue, without the values
 */
export function resolveUsers(users: unknown, name = 'users'): readonly ResolvedUser[] {
  const issues = findIssues(users, name)
  if (issues.length > 0) throw new TypeError(issues.join('\n'))

  const validUsers = users as readonly SandboxUser[]
  const usedIds = new Set(validUsers.map(({ id }) => id))
  let nextId = 101
  return validUsers.map((user) => {
    const { username, password, apiSecret } = user
    while (usedIds.has(nextId)) nextId++
    return {
      username,
      password,
      ...(apiSecret !== undefined && { apiSecret }),
      id: user.id ?? nextId++,
      firstName: user.firstName ?? username,
      lastName: user.lastName ?? '',
      email: user.email ?? (username.includes('@') ? username : `${username}@example.com`),
    }
  })
}

interface MemberRule {
  readonly isValid: (value: unknown) => boolean
  readonly expected: string
  readonly isRequired?: boolean
  readonly isUnique?: boolean
}

const isString = (value: unknown): boolean => typeof value === 'string'
const nonEmptyString: MemberRule = {
  isValid: (value) => isString(value) && value !== '',
  expected: 'a string that is not empty',
}
const memberRules: Record<keyof SandboxUser, MemberRule> = {
  username: { ...nonEmptyString, isRequired: true, isUnique: true },
  password: { ...nonEmptyString, isRequired: true },
  apiSecret: nonEmptyString,
  id: {
    isValid: (value) => Number.isSafeInteger(value) && Number(value) > 0,
    expected: 'a positive whole number',
    isUnique: true,
  },
  firstName: { isValid: isString, expected: 'a string' },
  lastName: { isValid: isString, expected: 'a string' },
  email: nonEmptyString,
}
const memberNames = Object.keys(memberRules)

/** Shown in error messages, also for a file. */
export const exampleUsers = '[{ "username": "ada", "password": "secret" }]'

function findIssues(users: unknown, name: string): string[] {
  if (!Array.isArray(users)) return [`${name}: is not a list. Expected: users, such as ${exampleUsers}.`]
  if (users.length === 0) return [`${name}: is empty. Expected: users, such as ${exampleUsers}.`]
  return users.flatMap((user: unknown, index) => {
    const path = `${name}[${index}]`
    if (!isObject(user)) return [`${path}: is not a user. Expected: users, such as ${exampleUsers}.`]
    return [
      ...Object.entries(memberRules).flatMap(([member, rule]) => {
        const issue = validateMember(users, index, member, rule)
        return issue === null ? [] : [`${path}.${member}: ${issue}.`]
      }),
      ...Object.keys(user)
        .filter((member) => !memberNames.includes(member))
        .map((member) => `${path}.${member}: is unknown. Expected: ${memberNames.join(', ')}.`),
    ]
  })
}

function validateMember(
  users: readonly unknown[],
  index: number,
  member: string,
  { isValid, expected, isRequired = false, isUnique = false }: MemberRule,
): string | null {
  const values = users.map((user) => (isObject(user) ? user[member] : undefined))
  const value = values[index]
  if (value === undefined) return isRequired ? `is missing. Expected: ${expected}` : null
  if (!isValid(value)) return `is not valid. Expected: ${expected}`
  return isUnique && values.indexOf(value) < index
    ? 'is used by another user. Expected: a different value for each user'
    : null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
