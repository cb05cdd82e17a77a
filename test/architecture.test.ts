import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path/posix'
import { describe, expect, it } from 'vitest'
import { bin, root, tool } from '../scripts/run.mjs'
import { functionsWithoutVerb, longFiles, maxFileLines, packages, refusedWords, verbs } from './packages.ts'

/** One import or re-export of a file. */
interface Import {
  from: string
  typeOnly: boolean
}

const names = Object.keys(packages)
const everyFile = names.flatMap((name) => sourcesOf(name).map((file) => ({ name, file })))

describe.each(names)('package %s', (name) => {
  it('has exactly the files that packages.ts lists', () => {
    expect(packages[name]?.files.toSorted()).toEqual(sourcesOf(name).toSorted())
  })

  it('imports inside itself only from files listed above', () => {
    const order = packages[name]?.files ?? []
    const wrong = order.flatMap((file, place) =>
      importsOf(name, file)
        .filter(
          ({ from }) => from.startsWith('.') && !order.slice(0, place).includes(join(dirname(file), from)),
        )
        .map(({ from }) => `${file} imports ${from}`),
    )
    expect(wrong).toEqual([])
  })

  it('imports from outside only what packages.ts allows', () => {
    const wrong = sourcesOf(name).flatMap((file) =>
      importsOf(name, file)
        .filter(({ from }) => !from.startsWith('.') && !isAllowed(name, file, from))
        .map(({ from }) => `${file} imports ${from}`),
    )
    expect(wrong).toEqual([])
  })
})

describe('what a browser loads', () => {
  it.each(['wire', 'core', 'react'])('from %s never reaches zod', (name) => {
    expect(reachedFrom(name, 'index.ts')).not.toContain('zod')
  })

  it('would be found where it is: the BFF reaches zod', () => {
    expect(reachedFrom('bff', 'index.ts')).toContain('zod')
  })
})

describe('the browser in core', () => {
  const named = [
    'Date.now()',
    'setTimeout',
    'fetch',
    'localStorage',
    'crypto',
    'Math.random()',
    'AbortSignal.timeout(1)',
    'globalThis.localStorage',
  ]

  it('is named by browser.ts', async () => {
    expect(await refusedIn('browser.ts', named)).toEqual([])
  })

  it('is named by no other file', async () => {
    expect(await refusedIn('create-auth-client.ts', named)).toEqual(named)
  })

  it('is passed on as a whole by browser.ts alone', () => {
    const files = sourcesOf('core').filter((file) => /(?<!typeof )\bglobalThis\b/.test(read('core', file)))
    expect(files).toEqual(['browser.ts'])
  })
})

describe('a source file', () => {
  it(`has at most ${maxFileLines} lines, or a written reason`, () => {
    const long = everyFile
      .filter(({ name, file }) => linesOf(name, file) > maxFileLines)
      .map(({ name, file }) => `${name}/${file}`)
    expect(long).toEqual(Object.keys(longFiles))
  })

  it('is named after its idea, never as a drawer', () => {
    const drawers = /^(utils?|helpers?|types|misc|common|shared|lib)\b/
    expect(everyFile.filter(({ file }) => file.split('/').some((part) => drawers.test(part)))).toEqual([])
  })
})

describe('names', () => {
  const exported = everyFile.flatMap(({ name, file }) =>
    exportedFunctions(read(name, file)).map((functionName) => ({ functionName, place: `${name}/${file}` })),
  )

  it('of exported functions begin with a verb, or have a written reason', () => {
    const wrong = exported.filter(
      ({ functionName, place }) =>
        !isPublicFactory(place) &&
        !Object.hasOwn(functionsWithoutVerb, functionName) &&
        // React components.
        !/^[A-Z]/.test(functionName) &&
        !verbs.some((verb) => new RegExp(`^${verb}($|[A-Z0-9])`).test(functionName)),
    )
    expect(wrong).toEqual([])
  })

  it('of exported functions end in neither From nor Of', () => {
    expect(exported.filter(({ functionName }) => /(From|Of)$/.test(functionName))).toEqual([])
  })

  it('that stand on a list of reasons are still in use', () => {
    const exportedNames = exported.map(({ functionName }) => functionName)
    const unused = Object.keys(functionsWithoutVerb).filter((name) => !exportedNames.includes(name))
    expect(unused).toEqual([])
  })
})

describe('prose', () => {
  it.each(everyFile.map(({ name, file }) => `${name}/src/${file}`))(
    'in %s has none of the refused words',
    (file) => {
      const text = readFileSync(join(root, 'packages', file), 'utf8')
      expect(refusedWords.filter((word) => new RegExp(`\\b${word}\\b`, 'i').test(text))).toEqual([])
    },
  )
})

describe('decisions', () => {
  const folder = join(root, 'docs/decisions')
  const files = readdirSync(folder)
    .filter((file) => /^\d/.test(file))
    .toSorted()

  it('are numbered 0001, 0002, … without a gap or a double', () => {
    expect(files.map((file) => file.slice(0, 5))).toEqual(
      files.map((_, index) => `${String(index + 1).padStart(4, '0')}-`),
    )
  })

  it.each(files)('%s tells its context, the decision and the consequences', (file) => {
    const headings = readFileSync(join(folder, file), 'utf8').match(/^## .+$/gm)
    expect(headings).toEqual(['## Context', '## Decision', '## Consequences'])
  })
})

function sourcesOf(name: string): string[] {
  const files = readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
  return files.map((file) => file.replaceAll('\\', '/')).filter((file) => /\.(tsx?|js)$/.test(file))
}

function read(name: string, file: string): string {
  return readFileSync(join(root, 'packages', name, 'src', file), 'utf8')
}

function linesOf(name: string, file: string): number {
  return read(name, file).split('\n').length - 1
}

function importsOf(name: string, file: string): Import[] {
  const statement =
    /^(?:import|export)\s+(type\s+)?(?:[\w$*{},\s]+?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm
  return [...read(name, file).matchAll(statement)].map(([, type, from = '', dynamic]) => ({
    from: dynamic ?? from,
    typeOnly: type !== undefined,
  }))
}

function isAllowed(name: string, file: string, from: string): boolean {
  const { imports = {} } = packages[name] ?? {}
  return [...(imports['*'] ?? []), ...(imports[file] ?? [])].includes(from)
}

/** Every module that loading a file loads; types are not loaded. */
function reachedFrom(name: string, file: string, seen: string[] = []): string[] {
  if (seen.includes(`${name}/${file}`)) return seen
  seen.push(`${name}/${file}`)
  for (const { from, typeOnly } of importsOf(name, file)) {
    if (typeOnly) continue
    const [, other, subpath] = /^@latchkey\/(\w+)(?:\/(.+))?$/.exec(from) ?? []
    if (from.startsWith('.')) reachedFrom(name, join(dirname(file), from), seen)
    else if (other !== undefined) reachedFrom(other, `${subpath ?? 'index'}.ts`, seen)
    else seen.push(from)
  }
  return seen
}

/** Which of some expressions the lint settings refuse in a file of core. */
async function refusedIn(file: string, expressions: string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-lint-'))
  try {
    const sources = join(folder, 'packages/core/src')
    mkdirSync(sources, { recursive: true })
    writeFileSync(
      join(sources, file),
      expressions.map((text, index) => `export const x${index} = ${text}\n`).join(''),
    )
    const settings = readFileSync(join(root, '.oxlintrc.json'), 'utf8').replace(
      '"typeAware": true',
      '"typeAware": false',
    )
    writeFileSync(join(folder, '.oxlintrc.json'), settings)
    const { output } = await tool(bin('oxlint'), ['--format=unix'], { cwd: folder })
    return expressions.filter((_, index) => output.includes(`${file}:${index + 1}:`))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The names of the functions that a source exports. */
function exportedFunctions(text: string): string[] {
  const declared = text.matchAll(/^export (?:async )?function\*? (\w+)/gm)
  const assigned = text.matchAll(/^export const (\w+)[^=\n]*= (?:async )?(?:<[^\n]*>)?\([^\n]*=>/gm)
  return [...declared, ...assigned].map(([, functionName = '']) => functionName)
}

/** Presets, and the systems of the sandbox, are named after what they describe. */
function isPublicFactory(place: string): boolean {
  return /^(bff\/providers|sandbox\/systems)\//.test(place)
}
