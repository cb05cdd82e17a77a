import { describe, expect, it } from 'vitest'
import { parseCliOptions } from '../src/cli-options.ts'
import { formatNextSteps } from '../src/next-steps.ts'
import { detectPackageManager } from '../src/package-manager.ts'
import { derivePackageName } from '../src/package-name.ts'
import { readAppOptions } from '../src/terminal-questions.ts'

/** A terminal on which someone answers. */
function createTerminal(answers: string[]) {
  const questions: string[] = []
  const question = async (text: string): Promise<string> => {
    questions.push(text)
    return answers.shift() ?? ''
  }
  return { questions, question }
}

describe('the questions', () => {
  it('are about folder, provider and mode, and have a default each', async () => {
    const terminal = createTerminal([])
    expect(await readAppOptions(terminal, {})).toEqual({
      folder: 'my-app',
      provider: 'axosoft',
      mode: 'proxy',
    })
    expect(terminal.questions.map((text) => text.split('\n').at(-1))).toEqual([
      'Folder (my-app): ',
      'Provider, by number or name (1): ',
      'Mode (proxy): ',
    ])
  })

  it.each(['12', 'keycloak', ' Keycloak '])('take a number, a name or a label: %s', async (answer) => {
    const { provider } = await readAppOptions(createTerminal([answer]), { folder: 'a', mode: 'token' })
    expect(provider).toBe('keycloak')
  })

  it('are repeated until an answer can be understood', async () => {
    const terminal = createTerminal(['0', '99', 'nothing', 'podio', 'both', 'token'])
    expect(await readAppOptions(terminal, { folder: 'a' })).toMatchObject({
      provider: 'podio',
      mode: 'token',
    })
    expect(terminal.questions).toHaveLength(6)
  })

  it('leave out what the command was given', async () => {
    const terminal = createTerminal([])
    await readAppOptions(terminal, { folder: 'a', provider: 'oidc', mode: 'token' })
    expect(terminal.questions).toEqual([])
  })
})

describe('the arguments', () => {
  it('name folder, provider and mode', () => {
    const args = ['app', '--provider', 'OAuth2', '--mode', 'token', '--yes']
    expect(parseCliOptions(args)).toEqual({ folder: 'app', provider: 'oauth2', mode: 'token', yes: true })
  })

  it.each([
    [['a', 'b'], /more than one folder/],
    [['--mode', 'both'], /--mode: is not known\. Expected: proxy or token/],
    [['--provider', 'nothing'], /--provider: is not known\. Expected: axosoft, /],
    [['--colour'], /--colour/],
  ])('are refused with a sentence: %s', (args, message) => {
    expect(() => parseCliOptions(args)).toThrow(message)
  })
})

describe('the name of the package', () => {
  it.each([
    ['my-app', 'my-app'],
    ['My App', 'my-app'],
    ['Müller & Söhne', 'muller-sohne'],
    ['.hidden', 'hidden'],
    ['@scope', 'scope'],
    ['日本', 'my-app'],
    ['node_modules', 'my-app'],
    ['x'.repeat(300), 'x'.repeat(214)],
  ])('of the folder %s is valid: %s', (folderName, name) => {
    expect(derivePackageName(folderName)).toBe(name)
  })
})

describe('the next steps', () => {
  it.each([
    ['npm/11.0.0 node/v22.0.0 linux x64', 'npm'],
    ['pnpm/10.0.0 npm/? node/v22.0.0 linux x64', 'pnpm'],
    ['yarn/4.0.0 npm/? node/v22.0.0 linux x64', 'yarn'],
    ['bun/1.4.0 npm/? node/v22.0.0 linux x64', 'bun'],
    [undefined, 'npm'],
  ])('are for the package manager that runs the command: %s', (agent, manager) => {
    expect(detectPackageManager({ npm_config_user_agent: agent })).toBe(manager)
  })

  it('quote a folder with a space, and leave out the folder where the shell is', () => {
    expect(formatNextSteps('my app', 'npm')).toMatch(/^ {2}cd "my app"\n {2}npm install\n {2}npm run start /)
    expect(formatNextSteps('.', 'yarn')).toMatch(/^ {2}yarn install\n {2}yarn start /)
  })
})
