/** The environment of a process, or what stands for it. */
export type Environment = Record<string, string | undefined>

/** One place of a file that takes a value from the environment. */
export interface VariableUse {
  /** As in `provider.clientSecret`. */
  path: string
  /** The name of the variable. */
  name: string
  value: string
}

/** A value with the environment filled in. */
export interface SubstitutionResult {
  value: unknown
  variables: VariableUse[]
  /** What is wrong, each with its place. */
  issues: string[]
}

const variable = /\$\{([^}]*)\}?/g

/** Puts the environment where `${NAME}` stands in the texts of a JSON value, once: what comes in is not looked at again. */
export function substituteVariables(own: unknown, environment: Environment): SubstitutionResult {
  const variables: VariableUse[] = []
  const issues: string[] = []
  return { value: walk(own, []), variables, issues }

  function walk(value: unknown, path: string[]): unknown {
    if (typeof value === 'string') return fill(value, path.join('.'))
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, String(index)]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]))
  }

  function fill(text: string, path: string): string {
    return text.replaceAll(variable, (whole, name: string) => {
      const value = Object.hasOwn(environment, name) ? environment[name] : undefined
      if (!/^[A-Za-z_]\w*$/.test(name) || !whole.endsWith('}'))
        issues.push(`${path}: \${ must be followed by the name of an environment variable and }`)
      else if (value === undefined)
        issues.push(`${path}: the environment variable ${name} is not set; set it before the start`)
      else if (value === '')
        issues.push(`${path}: the environment variable ${name} is empty; give it a value`)
      else variables.push({ path, name, value })
      return value ?? ''
    })
  }
}
