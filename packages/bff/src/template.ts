const placeholder = /\{([A-Za-z_]\w*)\}/g

/** Returns the placeholder names of a template such as `{password}{security_token}`. Other braces are literal. */
export function listPlaceholders(template: string): string[] {
  return [...template.matchAll(placeholder)].map(([, name = '']) => name)
}

/** Replaces the placeholders of a template once: placeholders in the values stay literal. A missing value is empty. */
export function fillTemplate(template: string, values: Record<string, string>): string {
  return template.replaceAll(
    placeholder,
    (_, name: string) => (Object.hasOwn(values, name) ? values[name] : '') ?? '',
  )
}
