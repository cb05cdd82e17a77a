import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { likelyTests, mutants } from './mutants.ts'

it('every mutant changes a text that is in the source once', () => {
  const wrong = mutants.filter(({ file, text }) => {
    const source = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8')
    return source.split(text).length !== 2
  })
  expect(wrong).toEqual([])
})

it('every mutant has its own file and description', () => {
  const names = mutants.map(({ file, removes }) => `${file}: ${removes}`)
  expect(names).toEqual([...new Set(names)])
})

it('every file has likely tests, which exist', () => {
  const files = new Set(mutants.map(({ file }) => file))
  const missing = [...files].filter((file) => {
    const tests = likelyTests[file] ?? []
    return tests.length === 0 || tests.some((test) => !existsSync(new URL(`../${test}`, import.meta.url)))
  })
  expect(missing).toEqual([])
})

it('the page names for every mutant the test that fails', () => {
  const rows = readFileSync(new URL('README.md', import.meta.url), 'utf8').split('\n')
  const missing = mutants.filter(({ file, removes }) => {
    const row = rows.find((line) => line.startsWith(`| ${file} | ${removes} | `))
    return !row || /\| (not run|\*\*not caught\*\*) \|/.test(row)
  })
  expect(missing).toEqual([])
})
