import { existsSync } from 'node:fs'
import { defineConfig } from 'vitepress'
import { writeTexts } from './llms-texts.ts'
import { formatAnchor, linkToRepository, repository } from './repository-links.ts'
import { createSidebar, docs, listModules } from './sidebar.ts'

const hasReference = existsSync(`${docs}reference`)

export default defineConfig({
  title: 'Latchkey',
  description:
    'Sign-in for React apps whose API issues tokens only for a username and password, or for a client secret.',
  lang: 'en',
  outDir: 'dist',
  cacheDir: 'node_modules/.cache/vitepress',
  cleanUrls: true,
  srcExclude: ['node_modules/**', 'dist/**'],
  // A link to a page that does not exist fails the build.
  ignoreDeadLinks: false,
  head: [['link', { rel: 'icon', href: '/logo.svg', type: 'image/svg+xml' }]],
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark' },
    // The anchors are those of GitHub, where the pages are read as well.
    anchor: { slugify: formatAnchor },
    config: (markdown) => void markdown.use(linkToRepository),
  },
  themeConfig: {
    logo: '/logo.svg',
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          // Both functions also run in the browser, so that they use nothing from outside. A code such as `refresh_lost` is one word.
          options: { tokenize: (text) => text.split(/[^\p{L}\p{N}_]+/u) },
          searchOptions: {
            boostDocument: (id: string) =>
              /^.reference/.test(id)
                ? 0.02
                : /^.(?:faults|conformance|performance|decisions)\b/.test(id)
                  ? 0.2
                  : 1,
          },
        },
      },
    },
    outline: [2, 3],
    nav: [
      { text: 'Quick start', link: '/quick-start' },
      { text: 'Guide', link: '/concepts', activeMatch: '^/(?!quick-start|errors|options|reference)\\w' },
      { text: 'Options', link: '/options' },
      { text: 'Errors', link: '/errors' },
      ...(hasReference ? [{ text: 'API', link: '/reference/', activeMatch: '^/reference/' }] : []),
    ],
    sidebar: { '/reference/': listModules(), '/': createSidebar() },
    socialLinks: [{ icon: 'github', link: repository }],
    editLink: { pattern: `${repository}/edit/main/docs/:path`, text: 'Edit this page' },
  },
  // The reference is generated, so that there is no page to edit.
  transformPageData: ({ relativePath, frontmatter }) => {
    if (relativePath.startsWith('reference/')) frontmatter['editLink'] = false
  },
  buildEnd: ({ outDir }) => writeTexts(outDir),
})
