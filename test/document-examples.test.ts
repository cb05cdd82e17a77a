import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../scripts/run.mjs'
import { parseSnippets } from './package/snippets.ts'

/** Documents whose snippets are files of a folder here, and the files that stand for pages of the reader. */
const examples: Record<string, { folder: string; notInDocument: string[] }> = {
  'docs/routers.md': {
    folder: 'routers',
    notInDocument: ['src/SignIn.tsx', 'src/ItemList.tsx', 'src/ItemsPage.tsx'],
  },
  'docs/data-clients.md': { folder: 'data-clients', notInDocument: [] },
  'docs/testing.md': { folder: 'testing-recipes', notInDocument: [] },
}

it.each(Object.entries(examples))(
  '%s has the examples as they run here',
  (document, { folder, notInDocument }) => {
    const home = join(import.meta.dirname, folder)
    const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter(
      (file) => /^(src|app)[\\/].+\.tsx?$/.test(file) && !notInDocument.includes(file),
    )
    const snippets = parseSnippets(readFileSync(join(root, document), 'utf8')).filter(({ language }) =>
      language.startsWith('ts'),
    )
    expect(Object.fromEntries(snippets.map(({ file, code }) => [file, code]))).toEqual(
      Object.fromEntries(
        files.map((file) => [file, `// ${file}\n${readFileSync(join(home, file), 'utf8')}`]),
      ),
    )
  },
)
