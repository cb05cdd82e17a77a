import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { resolveLink } from './repository-links.ts'
import { docs, guidePages, readTitle } from './sidebar.ts'

const introduction = `# Latchkey

> Sign-in for React apps whose API issues tokens only for a username and password, or for a client secret. A
> backend-for-frontend (BFF) keeps the client secret and the refresh token; the browser gets a session cookie and, in token
> mode, a short-lived access token in memory.
`

/** Writes the documentation for language models: `llms.txt`, `llms-full.txt`, and each page as Markdown. */
export function writeTexts(folder: string): void {
  const list = guidePages.map((page) => `- [${readTitle(`${page}.md`)}](/${page}.md): ${readSummary(page)}`)
  writeFileSync(join(folder, 'llms.txt'), `${introduction}\n## Pages\n\n${list.join('\n')}\n`)
  const texts = guidePages.map((page) => `<!-- /${page}.md -->\n\n${readPage(page)}`)
  writeFileSync(join(folder, 'llms-full.txt'), [introduction, ...texts].join('\n'))
  for (const page of guidePages) {
    mkdirSync(dirname(join(folder, page)), { recursive: true })
    writeFileSync(join(folder, `${page}.md`), readPage(page))
  }
}

/** Returns the text of a page, with links that work outside the repository. */
function readPage(page: string): string {
  return readFileSync(`${docs}${page}.md`, 'utf8').replaceAll(/\]\((\.\.\/[^)\s]+)\)/g, (_, href: string) => {
    return `](${resolveLink(href, `${page}.md`)})`
  })
}

/** Returns the first sentence of a page. */
function readSummary(page: string): string {
  const paragraph = readPage(page)
    .split('\n\n')
    .find((part) => /^[A-Z`*]/.test(part))
  return /^.*?\.(?=\s|$)/.exec((paragraph ?? '').replaceAll('\n', ' '))?.[0] ?? ''
}
