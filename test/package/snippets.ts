/** A piece of TypeScript from a document. */
export interface Snippet {
  /** From the path in its first line, `// src/auth.ts`, by which other snippets of the document import it. */
  file: string
  code: string
}

/**
 * The ```ts and ```tsx blocks of a Markdown text. A block below `<!-- excerpt: reason -->` is left out; the
 * reason says why it cannot stand alone.
 *
 * @throws Error when two blocks name the same file
 */
export function snippetsOf(markdown: string): Snippet[] {
  const block = /^(<!-- excerpt: .+ -->\n+)?```(tsx?)\b.*\n([\s\S]*?)^```$/gm
  const snippets = [...markdown.matchAll(block)].flatMap(([, excerpt, language, code = ''], index) => {
    const file = /^\/\/ ([\w./-]+\.tsx?)\b/.exec(code)?.[1] ?? `snippet-${index + 1}.${language}`
    // A block without an import or export would share its names with the other blocks.
    return excerpt === undefined ? [{ file, code: `${code}export {}\n` }] : []
  })
  const files = snippets.map(({ file }) => file)
  const twice = files.find((file, index) => files.indexOf(file) !== index)
  if (twice !== undefined) throw new Error(`two snippets are called ${twice}`)
  return snippets
}
