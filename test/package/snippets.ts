/** A fenced block of a document. */
export interface Snippet {
  /** As in `ts` or `sh`; empty if the block names none. */
  language: string
  /** The path in the first line, as in `// src/auth.ts` or `# .env.local`; `null` if there is none. */
  file: string | null
  code: string
}

/** A snippet that the compiler checks. */
export interface SourceFile {
  file: string
  code: string
}

/**
 * Parses the fenced blocks of a Markdown text. Leaves out a block below `<!-- excerpt: reason -->`, which cannot stand
 * alone.
 *
 * @throws Error if two blocks name the same file
 */
export function parseSnippets(markdown: string): Snippet[] {
  const block = /^(<!-- excerpt: .+ -->\n+)?```(\w*).*\n([\s\S]*?)^```$/gm
  const snippets = [...markdown.matchAll(block)]
    .filter(([, excerpt]) => excerpt === undefined)
    .map(([, , language = '', code = '']) => {
      const file = /^(?:\/\/|#) ([\w./$[\]-]*[./][\w./$[\]-]+|Dockerfile)\n/.exec(code)?.[1] ?? null
      return { language, file, code }
    })
  const files = snippets.flatMap(({ file }) => file ?? [])
  const duplicate = files.find((file, index) => files.indexOf(file) !== index)
  if (duplicate !== undefined) throw new Error(`Two snippets are named ${duplicate}`)
  return snippets
}

/** Returns the TypeScript of a Markdown text, each block as a module, so that blocks do not share their names. */
export function parseSourceFiles(markdown: string): SourceFile[] {
  return parseSnippets(markdown)
    .filter(({ language }) => language === 'ts' || language === 'tsx')
    .map(({ language, file, code }, index) => ({
      file: file ?? `snippet-${index + 1}.${language}`,
      code: `${code}export {}\n`,
    }))
}

/**
 * Returns a command of a Markdown text, without its comment.
 *
 * @param start the beginning of its line in an `sh` block
 * @throws Error if there is no such line
 */
export function findCommand(markdown: string, start: string): string[] {
  const lines = parseSnippets(markdown)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.split('\n'))
  const command = lines.find((line) => line.startsWith(start))
  if (command === undefined) throw new Error(`No command starts with ${start}`)
  return command
    .replace(/\s+#.*$/, '')
    .trim()
    .split(/\s+/)
}
