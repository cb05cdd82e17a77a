import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeTexts } from '../docs/.vitepress/llms-texts.ts'
import { resolveLink } from '../docs/.vitepress/repository-links.ts'
import { createSidebar, guidePages } from '../docs/.vitepress/sidebar.ts'
import { root } from '../scripts/run.mjs'
import { listPages } from './package/pages.ts'

describe('the sidebar of the documentation', () => {
  it('has every page', () => {
    const links = [...JSON.stringify(createSidebar()).matchAll(/"link":"\/([^"]+)"/g)].map(
      ([, link]) => `${link}.md`,
    )
    const pages = listPages().map((page) => page.replaceAll('\\', '/'))
    expect(links.toSorted()).toEqual(pages.filter((page) => page !== 'index.md').toSorted())
  })
})

describe('the home page of the documentation', () => {
  it('links to pages that exist, which VitePress does not check there', () => {
    const home = readFileSync(join(root, 'docs/index.md'), 'utf8')
    const links = [...home.matchAll(/link: \/([\w-]+)/g)].map(([, link]) => `${link}.md`)
    expect(links.length).toBeGreaterThan(5)
    expect(links.filter((link) => !listPages().includes(link))).toEqual([])
  })
})

describe('a link of a page', () => {
  it.each([
    ['options.md#stores', 'options.md#stores'],
    ['decisions/0010-throttle.md', 'decisions/0010-throttle.md'],
    ['../README.md#install', 'https://github.com/latchkey/latchkey/blob/main/README.md#install'],
    ['../test/data-clients', 'https://github.com/latchkey/latchkey/tree/main/test/data-clients'],
  ])('%s leads to %s on the site', (href, expected) => {
    expect(resolveLink(href, 'api.md')).toBe(expected)
  })

  it('stops the build if the repository has no such file', () => {
    expect(() => resolveLink('../packages/nothing.ts', 'api.md')).toThrow(
      'docs/api.md links to ../packages/nothing.ts, which does not exist',
    )
  })
})

describe('the texts for language models', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-llms-'))
  beforeAll(() => writeTexts(folder))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('list every page with its first sentence', () => {
    const list = readFileSync(join(folder, 'llms.txt'), 'utf8')
    const lines = list.split('\n').filter((line) => line.startsWith('- '))
    expect(lines).toHaveLength(guidePages.length)
    expect(lines.filter((line) => !/^- \[.+\]\(\/[\w-]+\.md\): .+\.$/.test(line))).toEqual([])
  })

  it('contain every page, with links that work outside the repository', () => {
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(guidePages.map((page) => `${page}.md`)))
    const all = readFileSync(join(folder, 'llms-full.txt'), 'utf8')
    expect(all).toContain('# Quick start')
    expect(all).not.toContain('](../')
  })
})

describe('the API reference', () => {
  it('has every module that users can import', () => {
    const { entryPoints } = JSON.parse(readFileSync(join(root, 'docs/typedoc.json'), 'utf8')) as {
      entryPoints: string[]
    }
    const sources = ['core', 'react', 'bff', 'sandbox', 'create-latchkey'].flatMap((name) => {
      const manifest = readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')
      const { exports } = JSON.parse(manifest) as { exports: Record<string, string | { source?: string }> }
      return Object.values(exports).flatMap((entry) =>
        typeof entry === 'object' && entry.source !== undefined
          ? [entry.source.replace('.', `../packages/${name}`)]
          : [],
      )
    })
    expect(entryPoints.toSorted()).toEqual(sources.toSorted())
  })
})
