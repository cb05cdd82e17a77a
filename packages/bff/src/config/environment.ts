/** The environment of a process, or what stands for it. */
export type Environment = Record<string, string | undefined>

/** One place of a file that takes a value from the environment. */
export interface Use {
  /** As in `provider.clientSecret`. */
  path: string
  /** The name of the variable. */
  name: string
  value: string
}

/** A value with the environment filled in. */
export interface Filled {
  value: unknown
  uses: Use[]
  /** What is wrong, each with its place. */
  faults: string[]
}

const variable = /\$\{([^}]*)\}?/g

/** Puts the environment where `${NAME}` stands in the texts of a JSON value, once: what comes in is not looked at again. */
export function filledIn(own: unknown, environment: Environment): Filled {
  const uses: Use[] = []
  const faults: string[] = []
  return { value: walk(own, []), uses, faults }

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
        faults.push(`${path}: \${ must be followed by the name of an environment variable and }`)
      else if (value === undefined)
        faults.push(`${path}: the environment variable ${name} is not set; set it before the start`)
      else if (value === '')
        faults.push(`${path}: the environment variable ${name} is empty; give it a value`)
      else uses.push({ path, name, value })
      return value ?? ''
    })
  }
}
