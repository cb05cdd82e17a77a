/** A block of TypeScript in a document. */
export interface Snippet {
  /** The path in its first line, for example `// src/auth.ts`. Other snippets of the document import it by this path. */
  file: string
  code: string
}

/**
 * Returns the ```ts and ```tsx blocks of a Markdown text. Leaves out a block below `<!-- excerpt: reason -->`; the
 * reason says why it does not compile alone.
 *
 * @throws Error when two blocks name the same file
 */
export function parseSnippets(markdown: string): Snippet[] {
  const block = /^(<!-- excerpt: .+ -->\n+)?```(tsx?)\b.*\n([\s\S]*?)^```$/gm
  const snippets = [...markdown.matchAll(block)].flatMap(([, excerpt, language, code = ''], index) => {
    const file = /^\/\/ ([\w./-]+\.tsx?)\b/.exec(code)?.[1] ?? `snippet-${index + 1}.${language}`
    // Without an import or export, a file would share its names with the other files.
    return excerpt === undefined ? [{ file, code: `${code}export {}\n` }] : []
  })
  const files = snippets.map(({ file }) => file)
  const duplicate = files.find((file, index) => files.indexOf(file) !== index)
  if (duplicate !== undefined) throw new Error(`Two snippets have the name ${duplicate}`)
  return snippets
}
