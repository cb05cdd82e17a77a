import { existsSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { docs } from './sidebar.ts'

/** The repository, where links to its other files lead. */
export const repository = 'https://github.com/latchkey/latchkey'

/** The part of markdown-it that this rule uses. */
interface Markdown {
  core: { ruler: { push: (name: string, rule: (state: MarkdownState) => void) => void } }
}

interface MarkdownState {
  tokens: Token[]
  env: { relativePath?: string }
}

interface Token {
  type: string
  children: Token[] | null
  attrGet: (name: string) => string | null
  attrSet: (name: string, value: string) => void
}

/**
 * A markdown-it plugin: a relative link out of the folder of the documentation, which works on GitHub, leads to the
 * repository on the site.
 *
 * @throws Error if the repository has no such file
 */
export function linkToRepository(markdown: Markdown): void {
  markdown.core.ruler.push('link-to-repository', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null
      if (href === null || /^(?:\w+:|\/|#)/.test(href)) continue
      token.attrSet('href', resolveLink(href, env.relativePath ?? ''))
    }
  })
}

/** Returns the address of a link on the site, unchanged if it leads to another page. */
export function resolveLink(href: string, page: string): string {
  const [path = '', anchor] = href.split('#')
  const target = join(docs, page, '..', decodeURI(path))
  if (!relative(docs, target).startsWith('..')) return href
  if (!existsSync(target)) throw new Error(`docs/${page} links to ${href}, which does not exist`)
  const file = relative(join(docs, '..'), target).replaceAll('\\', '/')
  const view = statSync(target).isDirectory() ? 'tree' : 'blob'
  return `${repository}/${view}/main/${file}${anchor === undefined ? '' : `#${anchor}`}`
}

/** Returns the anchor of a heading, as GitHub forms it. */
export function formatAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
