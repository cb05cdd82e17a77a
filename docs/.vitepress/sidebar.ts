import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The pages in reading order. The site lists those that exist. */
const groups: { text: string; collapsed?: boolean; pages: [page: string, text: string][] }[] = [
  {
    text: 'Start',
    pages: [
      ['quick-start', 'Quick start'],
      ['concepts', 'Concepts'],
    ],
  },
  {
    text: 'In the browser',
    pages: [
      ['react', 'React'],
      ['ui', 'UI and styling'],
      ['api', 'Reaching your API'],
      ['data-clients', 'Data clients'],
      ['routers', 'Routers'],
      ['server-rendering', 'Server rendering'],
      ['frameworks', 'Next.js, TanStack Start'],
    ],
  },
  {
    text: 'On the server',
    pages: [
      ['servers', 'Servers'],
      ['production', 'Production'],
      ['serve', 'latchkey serve'],
      ['stores', 'Stores'],
      ['sessions', 'Sessions of a user'],
      ['providers', 'Providers'],
      ['options', 'Options'],
      ['doctor', 'latchkey doctor'],
    ],
  },
  {
    text: 'Testing and errors',
    pages: [
      ['testing', 'Testing'],
      ['errors', 'States and errors'],
      ['troubleshooting', 'Troubleshooting'],
    ],
  },
  {
    text: 'Decide',
    pages: [
      ['security', 'Security model'],
      ['password-grant', 'The password grant'],
      ['comparison', 'Comparison'],
      ['migration', 'Migration'],
    ],
  },
  {
    text: 'Evidence',
    collapsed: true,
    pages: [
      ['performance', 'Performance'],
      ['conformance', 'Protocol'],
      ['faults', 'Faults'],
    ],
  },
]

/** The folder of the documentation. */
export const docs: string = fileURLToPath(new URL('..', import.meta.url))

/** The pages of the sidebar that exist, in order, as paths without extension. */
export const guidePages: string[] = groups.flatMap(({ pages }) => pages.map(([page]) => page)).filter(hasPage)

/** The sidebar of the guide, with the decisions at its end. */
export function createSidebar(): object[] {
  return [
    ...groups.map(({ pages, ...group }) => ({
      ...group,
      items: pages.filter(([page]) => hasPage(page)).map(([page, text]) => ({ text, link: `/${page}` })),
    })),
    { text: 'Decisions', collapsed: true, items: listDecisions() },
  ]
}

function listDecisions(): object[] {
  return readdirSync(`${docs}decisions`)
    .filter((file) => file.endsWith('.md'))
    .toSorted()
    .map((file) => ({ text: readTitle(`decisions/${file}`), link: `/decisions/${file.replace('.md', '')}` }))
}

/** The sidebar of the API reference, if that was generated: one entry for each module. */
export function listModules(): object[] {
  if (!hasPage('reference/index')) return []
  const modules = [
    ...readFileSync(`${docs}reference/index.md`, 'utf8').matchAll(/\[(@latchkey\/.+)\]\((.+)\/index\.md\)/g),
  ]
  const items = modules.map(([, text, path = '']) => ({ text, link: `/reference/${path}/` }))
  return [{ text: 'API reference', link: '/reference/', items }]
}

/** Returns the first heading of a page. */
export function readTitle(file: string): string {
  return /^# (.+)$/m.exec(readFileSync(docs + file, 'utf8'))?.[1] ?? file
}

function hasPage(page: string): boolean {
  return existsSync(`${docs}${page}.md`)
}
