/** The names of options and environment variables whose values are secrets. */
export const secretNamePattern = /(secret|password|key|token)$/i

/** Shorter values occur in any text by chance. */
export const minSecretLength = 4

/** Returns the values of the variables that have the name of a secret. */
export function listSecretValues(environment: Record<string, string | undefined>): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) =>
    secretNamePattern.test(name) && value.length >= minSecretLength ? [value] : [],
  )
}

/** Replaces secrets in a text. */
export function hideSecrets(text: string, secrets: string[]): string {
  return secrets.reduce((hidden, secret) => hidden.replaceAll(secret, '(secret)'), text)
}
