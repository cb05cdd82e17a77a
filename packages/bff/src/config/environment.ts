import type { OptionIssue } from '../option-issues.ts'

/** The environment variables of a process. */
export type Environment = Record<string, string | undefined>

/** One use of an environment variable in a file. */
export interface VariableUse {
  /** The path of the option, for example `provider.clientSecret`. */
  path: string
  /** The name of the variable. */
  name: string
  value: string
}

/** A value with its environment variables filled in. */
export interface SubstitutionResult {
  value: unknown
  variables: VariableUse[]
  /** Variables that are not set or empty, and placeholders that are not valid. */
  issues: OptionIssue[]
}

const placeholder = /\$\{([^}]*)\}?/g

/**
 * Replaces `${NAME}` in all strings of a JSON value by environment variables, once: placeholders in their values stay.
 */
export function substituteVariables(json: unknown, environment: Environment): SubstitutionResult {
  const variables: VariableUse[] = []
  const issues: OptionIssue[] = []
  return { value: substitute(json, []), variables, issues }

  function substitute(value: unknown, path: string[]): unknown {
    if (typeof value === 'string') return substituteText(value, path)
    if (Array.isArray(value)) return value.map((item, index) => substitute(item, [...path, String(index)]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, substitute(item, [...path, key])]),
    )
  }

  function substituteText(text: string, path: string[]): string {
    return text.replaceAll(placeholder, (whole, name: string) => {
      const value = Object.hasOwn(environment, name) ? environment[name] : undefined
      const addIssue = (message: string): number => issues.push({ path, message })
      if (!/^[A-Za-z_]\w*$/.test(name) || !whole.endsWith('}'))
        addIssue(
          'contains "${" without the name of a variable and "}". Expected: for example "${CLIENT_SECRET}"',
        )
      else if (value === undefined) addIssue(`the environment variable ${name} is not set. Expected: a value`)
      else if (value === '') addIssue(`the environment variable ${name} is empty. Expected: a value`)
      else variables.push({ path: path.join('.'), name, value })
      return value ?? ''
    })
  }
}
