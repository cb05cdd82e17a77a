/** The longest name that the npm registry accepts, in characters. */
const maxLength = 214

/** Derives a valid name of an npm package from the name of a folder; `my-app` when nothing of it can be used. */
export function derivePackageName(folderName: string): string {
  const name = folderName
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, maxLength)
    .replace(/-+$/, '')
  return name === '' || reservedNames.includes(name) ? 'my-app' : name
}

/** Names that npm refuses. */
const reservedNames = ['node_modules', 'favicon.ico']
