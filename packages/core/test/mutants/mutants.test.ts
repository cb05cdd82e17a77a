import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { mutants } from './mutants.ts'

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
