import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../scripts/run.mjs'
import { parseSnippets } from './package/snippets.ts'

/** Documents whose snippets are files of a folder here. */
interface Example {
  document: string
  /** The heading of its part; the whole document when absent. */
  section?: string
  folder: string
  /** Files that stand for pages of the reader, or that come with a framework. */
  notInDocument: string[]
}

const examples: Example[] = [
  {
    document: 'docs/routers.md',
    folder: 'routers',
    notInDocument: ['src/SignIn.tsx', 'src/ItemList.tsx', 'src/ItemsPage.tsx'],
  },
  { document: 'docs/data-clients.md', folder: 'data-clients', notInDocument: [] },
  { document: 'docs/testing.md', folder: 'testing-recipes', notInDocument: [] },
  { document: 'docs/frameworks.md', section: 'Next.js', folder: 'frameworks/next', notInDocument: [] },
  {
    document: 'docs/frameworks.md',
    section: 'TanStack Start',
    folder: 'frameworks/start',
    notInDocument: ['src/router.tsx', 'src/routeTree.gen.ts'],
  },
]

it.each(examples)(
  '$document has the examples as they run in $folder',
  ({ document, section, folder, notInDocument }) => {
    const home = join(import.meta.dirname, folder)
    const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter(
      (file) => /^((src|app|server)[\\/].+|vite\.config)\.tsx?$/.test(file) && !notInDocument.includes(file),
    )
    const sections = readFileSync(join(root, document), 'utf8').split(/^## /m)
    const text =
      section === undefined ? sections.join('') : sections.find((part) => part.startsWith(`${section}\n`))
    const snippets = parseSnippets(text ?? '').filter(({ language }) => language.startsWith('ts'))
    expect(Object.fromEntries(snippets.map(({ file, code }) => [file, code]))).toEqual(
      Object.fromEntries(
        files.map((file) => [file, `// ${file}\n${readFileSync(join(home, file), 'utf8')}`]),
      ),
    )
  },
)
