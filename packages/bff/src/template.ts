const placeholder = /\{([A-Za-z_]\w*)\}/g

/** The names in braces that a template has: `{password}{security_token}`. Other braces are text. */
export function listPlaceholders(template: string): string[] {
  return [...template.matchAll(placeholder)].map(([, name = '']) => name)
}

/** A template with its placeholders filled in, once: what a person typed is not read as a template again. */
export function fillTemplate(template: string, values: Record<string, string>): string {
  return template.replaceAll(
    placeholder,
    (_, name: string) => (Object.hasOwn(values, name) ? values[name] : '') ?? '',
  )
}
