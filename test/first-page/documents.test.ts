import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { AuthErrorCode, AuthState, EndReason } from '@latchkey/core'
import { AuthError } from '@latchkey/core'
import type { ErrorCode } from '@latchkey/wire'
import { errorCodes, loginRequiredReasons } from '@latchkey/wire'
import { createRestoreScript } from '@latchkey/bff'
import { oauth2 } from '@latchkey/bff/providers'
import { describe, expect, it } from 'vitest'
import { resolveOptions } from '../../packages/bff/src/bff-options.ts'
import { BffError } from '../../packages/bff/src/errors.ts'
import { root } from '../../scripts/run.mjs'
import { findCommand, parseSnippets } from '../package/snippets.ts'
import { listPages } from '../package/pages.ts'
import { formTags, headingSlugs, interfaceMembers, relativeLinks, tableRows } from './markdown.ts'
import { refusedWords } from '../packages.ts'

const documents = listDocuments()
const options = read('docs/options.md')

describe('a form in a document', () => {
  it.each(documents)('submits by POST and with a handler, never with an action: %s', (document) => {
    for (const tag of formTags(read(document))) {
      expect(tag).toContain('method="post"')
      expect(tag).toContain('onSubmit={')
      expect(tag).not.toContain('action=')
    }
  })

  it.each([
    '<form action={submit}>',
    '<form onSubmit={(event) => void submit(event)}>',
    '<form method="post">',
  ])('would be found: %s', (form) => {
    const [tag = ''] = formTags(`${form}<input /></form>`)
    expect(`${tag}>`).toBe(form)
  })
})

describe('a link in a document', () => {
  it.each(documents)('leads to a file and a heading that exist: %s', (document) => {
    const broken = relativeLinks(read(document)).filter(({ file, anchor }) => {
      const target = file === '' ? document : join(dirname(document), file)
      if (!existsSync(join(root, target))) return true
      if (anchor === null) return false
      return !statSync(join(root, target)).isFile() || !headingSlugs(read(target)).includes(anchor)
    })
    expect(broken).toEqual([])
  })
})

describe('docs/options.md', () => {
  it.each([
    ['createBff', 'bff/src/bff-options.ts', 'BffOptions'],
    ['ProxyRoute', 'bff/src/proxy/proxy-routes.ts', 'ProxyRoute'],
    ['Hooks', 'bff/src/authorization-server/hooks.ts', 'Hooks'],
    ['memoryStore', 'bff/src/stores/memory-store.ts', 'MemoryStoreOptions'],
    ['embeddedStore', 'bff/src/stores/embedded-store.ts', 'EmbeddedStoreOptions'],
    ['postgresStore', 'bff/src/stores/postgres-store.ts', 'PostgresStoreOptions'],
    ['redisStore', 'bff/src/stores/redis-store.ts', 'RedisStoreOptions'],
    ['latchkey (Vite plugin)', 'bff/src/vite.ts', 'LatchkeyPluginOptions'],
    ['createAuthClient', 'core/src/auth-client.ts', 'AuthClientOptions'],
    ['signIn', 'core/src/auth-client.ts', 'SignInOptions'],
    ['AuthGate', 'react/src/AuthGate.tsx', 'AuthGateProps'],
  ])('has a row for every option of %s, and says which are required', (heading, file, name) => {
    const rows = tableRows(options, heading)
    const members = interfaceMembers(read(join('packages', file)), name)
    expect(new Set(rows.map(([option]) => option))).toEqual(new Set(members.map((member) => member.name)))
    const required = rows.filter(([, , fallback]) => fallback === 'required')
    expect(required.map(([option]) => option)).toEqual(
      members.filter(({ isOptional }) => !isOptional).map((member) => member.name),
    )
  })

  it('has a row for every method of the client', () => {
    const methods = tableRows(options, 'Methods of the client').map(([method = '']) =>
      method.replace(/\(.*/, ''),
    )
    const members = interfaceMembers(read('packages/core/src/auth-client.ts'), 'AuthClient')
    expect(new Set(methods)).toEqual(new Set(members.map(({ name }) => name)))
  })

  it('names the defaults that createBff uses', () => {
    const provider = oauth2({ tokenEndpoint: 'https://id.example.com/token', clientId: 'portal' })
    const { basePath, mode, proxy, session, timeout, throttle } = resolveOptions({ provider })
    const rows = tableRows(options, 'createBff')
    const documented = (name: string) => rows.find(([option]) => option === name)?.[2]
    expect(documented('basePath')).toBe(`'${basePath}'`)
    expect(documented('mode')).toBe(`'${mode}'`)
    expect(documented('proxy')).toBe(JSON.stringify(proxy))
    expect(documented('throttle')).toBe(JSON.stringify(throttle))
    expect(documented('session.idle')).toBe(String(session.idle))
    expect(documented('session.absolute')).toBe(String(session.absolute))
    expect(documented('timeout')).toBe(String(timeout))
  })
})

describe('docs/ui.md', () => {
  const page = read('docs/ui.md')
  const folder = 'packages/react/src/ui'
  const sources = readdirSync(join(root, folder)).map((file) => read(join(folder, file)))
  const css = read(join(folder, 'ui.css'))

  it.each([
    ['SignInForm', ['sign-in-form-state.ts', 'SignInForm.tsx'], ['SignInFormOptions', 'SignInFormProps']],
    [
      'SessionTimeoutDialog',
      ['useSessionTimeout.ts', 'SessionTimeoutDialog.tsx'],
      ['SessionTimeoutOptions', 'SessionTimeoutDialogProps'],
    ],
  ])('has a row for every prop of %s', (heading, files, names) => {
    const members = files.flatMap((file, index) =>
      interfaceMembers(read(join(folder, file)), names[index] ?? '').map(({ name }) => name),
    )
    expect(new Set(tableRows(page, heading).map(([prop]) => prop))).toEqual(new Set(members))
  })

  it('has a row for every class, and names every variable', () => {
    const classes = sources.flatMap((source) =>
      [...source.matchAll(/className=(?:"|\{`)([^"$]+)/g)].flatMap(([, names = '']) =>
        names.trim().split(' '),
      ),
    )
    expect(new Set(tableRows(page, 'Styling').map(([name]) => name))).toEqual(new Set(classes))
    expect([...css.matchAll(/\.(latchkey-[\w-]+)/g)].map(([, name = '']) => name)).toSatisfy(
      (names: string[]) => names.every((name) => classes.includes(name)),
    )
    const variables = new Set([...css.matchAll(/(--latchkey-[\w-]+):/g)].map(([, name = '']) => name))
    expect([...variables].filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })
})

describe('docs/errors.md', () => {
  const errors = read('docs/errors.md')

  it('has a row for every state', () => {
    const states: Record<AuthState['status'], true> = {
      restoring: true,
      'signed-in': true,
      expired: true,
      'signed-out': true,
    }
    expect(tableRows(errors, 'States').map(([state]) => state)).toEqual(Object.keys(states))
  })

  it('has a row for every code, with its status and whether it is retryable', () => {
    const codes: AuthErrorCode[] = [...errorCodes, 'network_error', 'invalid_response']
    const rows = tableRows(errors, 'Error codes').map(([code, status, retryable]) => [
      code,
      { status, retryable },
    ])
    const expected = codes.map((code) => {
      const isFromBff = (errorCodes as readonly string[]).includes(code)
      const status = isFromBff ? String(new BffError(code as ErrorCode, '').status) : ''
      const retryable = new AuthError(code, '').retryable ? 'yes' : 'no'
      return [code, { status: expect.stringContaining(status), retryable }]
    })
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(expected))
  })

  it('has a row for every reason', () => {
    const reasons: EndReason[] = [
      ...loginRequiredReasons,
      'signed_out',
      'signed_out_elsewhere',
      'user_rejected',
    ]
    expect(tableRows(errors, 'Reasons').map(([reason]) => reason)).toEqual(reasons)
  })
})

describe('every code and reason', () => {
  const errors = read('docs/errors.md')

  it('has an anchor of its name, so that a message or a search leads to its row', () => {
    const rows = [...tableRows(errors, 'Error codes'), ...tableRows(errors, 'Reasons')]
    const names = rows.map(([name = '']) => name)
    expect(names.filter((name) => !headingSlugs(errors).includes(name))).toEqual([])
    expect(names.length).toBeGreaterThan(20)
  })
})

describe('README.md', () => {
  const readme = read('README.md')

  it('links to every page of the documentation', () => {
    const pages = documents.filter((document) => /^docs.(?!index)[^\\/]+$/.test(document))
    const links = relativeLinks(readme).map(({ file }) => join(file))
    expect(pages.filter((page) => !links.includes(page))).toEqual([])
  })

  it('has a first page of at most 40 lines, and says how many', () => {
    const lines = parseSnippets(readme)
      .filter(({ file }) => file !== null)
      .flatMap(({ code }) =>
        code.split('\n').filter((line) => line.trim() !== '' && !/^(\/\/|#) \S+$/.test(line)),
      )
    expect(lines.length).toBeLessThanOrEqual(40)
    expect(readme).toContain(`${lines.length} lines`)
  })

  it('names the size that scripts/size.mjs checks', () => {
    const [, bytes] = /^const budget = (\d+)$/m.exec(read('scripts/size.mjs')) ?? []
    expect(readme).toContain(`below ${Number(bytes) / 1000} kB`)
  })
})

it('the script of docs/production.md is that of createRestoreScript(), with its hash', () => {
  const { code, cspSource } = createRestoreScript()
  const production = read('docs/production.md')
  expect(production).toContain(`<script>${code}</script>`)
  expect(production).toContain(`\`${cspSource}\``)
})

it('the Dockerfile of docs/serve.md builds the page and starts it with the command of the document', () => {
  const dockerfile = getSnippet('docs/serve.md', 'Dockerfile')
  const command = ['npx', 'latchkey', 'serve']
  const steps = read('docs/serve.md')
  for (const step of ['npm run build', command.join(' ')]) expect(steps).toContain(`\n${step}\n`)
  expect(dockerfile).toContain('RUN npm run build')
  expect(dockerfile).toContain(`CMD ${JSON.stringify(command).replaceAll(',', ', ')}`)
})

it('the Dockerfile of docs/production.md runs the commands that build both parts', () => {
  const production = read('docs/production.md')
  const dockerfile = getSnippet('docs/production.md', 'Dockerfile')
  for (const start of ['npm run build', 'npx vite build'])
    expect(dockerfile).toContain(findCommand(production, start).join(' '))
  const [, , entry] = findCommand(production, 'node --env-file')
  expect(dockerfile).toContain(`CMD ["node", "${entry}"]`)
})

describe('plain English', () => {
  // The first two are generated, and CONTRIBUTING.md quotes the words.
  const excluded = ['docs/conformance.md', 'docs/faults.md', 'CONTRIBUTING.md']

  it.each(documents.filter((document) => !excluded.includes(document)))(
    'has none of the refused words in %s',
    (document) => {
      const prose = read(document).replace(/^```[\s\S]*?^```$/gm, '')
      expect(refusedWords.filter((word) => new RegExp(`\\b${word}\\b`, 'i').test(prose))).toEqual([])
    },
  )

  it('is explained in CONTRIBUTING.md with the whole list', () => {
    const contributing = read('CONTRIBUTING.md').replaceAll(/\s+/g, ' ')
    expect(refusedWords.filter((word) => !contributing.includes(`"${word}"`))).toEqual([])
  })
})

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

function getSnippet(document: string, file: string): string | undefined {
  return parseSnippets(read(document)).find((snippet) => snippet.file === file)?.code
}

function listDocuments(): string[] {
  const docs = listPages().map((file) => join('docs', file))
  const readmes = readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'README.md'))
  return ['README.md', 'CONTRIBUTING.md', ...docs, ...readmes]
}
