import { formatAnchor } from '../../docs/.vitepress/repository-links.ts'

/** A member of a TypeScript interface. */
export interface Member {
  /** As in `session`, or `session.idle` for a member of an inline object type. */
  name: string
  isOptional: boolean
}

/** Returns the opening `<form` tags of a document, without the closing `>`. */
export function formTags(text: string): string[] {
  return text
    .split(/(?=<form\b)/)
    .filter((part) => part.startsWith('<form'))
    .map((part) => {
      // A `>` in braces belongs to an attribute, as in `onSubmit={(event) => …}`.
      let depth = 0
      let end = 0
      while (end < part.length && (part[end] !== '>' || depth > 0)) {
        if (part[end] === '{') depth += 1
        if (part[end] === '}') depth -= 1
        end += 1
      }
      return part.slice(0, end)
    })
}

/** Returns the links of a document to files of the repository; `file` is empty for a heading of the same document. */
export function relativeLinks(markdown: string): { file: string; anchor: string | null }[] {
  return [...withoutCode(markdown).matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].map(
    ([, file = '', anchor = null]) => ({ file, anchor }),
  )
}

/** Returns the names under which GitHub links to the headings of a document, and to its anchors of the form `<a id="…">`. */
export function headingSlugs(markdown: string): string[] {
  const text = withoutCode(markdown)
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => formatAnchor(heading))
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)]
}

/**
 * Returns the cells of every table row below a heading, without backticks and anchors.
 *
 * @throws Error if there is no such heading
 */
export function tableRows(markdown: string, heading: string): string[][] {
  const lines = withoutCode(markdown).split('\n')
  const start = lines.indexOf(`## ${heading}`)
  if (start === -1) throw new Error(`There is no heading "${heading}"`)
  const end = lines.findIndex((line, index) => index > start && line.startsWith('## '))
  return lines
    .slice(start, end === -1 ? undefined : end)
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.replaceAll(/`|<a id="[^"]*"><\/a>/g, '').trim()),
    )
}

/**
 * Returns the members of an exported interface. TypeScript 7 has no parser for programs, so that this reads the format
 * that oxfmt writes.
 *
 * @throws Error if the source has no such interface
 */
export function interfaceMembers(source: string, name: string): Member[] {
  const body = new RegExp(`^export interface ${name}\\b[^{]*{\\n([\\s\\S]*?)^}`, 'm').exec(source)?.[1]
  if (body === undefined) throw new Error(`There is no interface ${name}`)
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)(\??):? ?(.*)$/gm)].flatMap(
    ([, member = '', mark, type = '']) => [
      { name: member, isOptional: mark === '?' },
      ...[...(/^{ (.+) }$/.exec(type)?.[1] ?? '').matchAll(/(\w+)(\??): /g)].map(([, inner, innerMark]) => ({
        name: `${member}.${inner}`,
        isOptional: innerMark === '?',
      })),
    ],
  )
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```[\s\S]*?^```$/gm, '')
}
