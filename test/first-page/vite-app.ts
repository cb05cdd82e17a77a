import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bin, createChildEnv, npm, npx, root, tool } from '../../scripts/run.mjs'
import { findCommand, parseSnippets } from '../package/snippets.ts'
import { createUserProject } from '../package/user-project.ts'

/** A project of a user, created by `npm create vite`. */
export interface ViteApp {
  readonly folder: string
  readonly read: (file: string) => string
  readonly write: (file: string, text: string) => void
  /** Writes the files of a document, as its reader pastes them. */
  readonly paste: (markdown: string) => void
  /** Runs a command that begins with `npm` or `npx`. @throws Error with the output if it fails */
  readonly run: (command: string[]) => Promise<void>
  readonly remove: () => void
}

export function readDocument(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/**
 * Creates Vite's React template, pastes the README's files into it, and installs what the README says, from tarballs of
 * the packages.
 */
export async function createViteApp(): Promise<ViteApp> {
  const { folder, write, install, remove } = createUserProject()
  const scaffold = ['.', '--template', 'react-ts', '--overwrite', '--no-interactive']
  const created = await tool(bin('create-vite', 'create-vite', 'test'), scaffold, { cwd: folder })
  if (!created.ok) throw new Error(created.output)

  const app: ViteApp = {
    folder,
    read: (file) => readFileSync(join(folder, file), 'utf8'),
    write,
    paste(markdown) {
      for (const { file, code } of parseSnippets(markdown))
        if (file !== null && !file.startsWith('/')) write(file, code)
    },
    async run([program, ...args]) {
      // Vitest sets NODE_ENV to "test", with which Vite would build React for development.
      const env = { ...createChildEnv(), NODE_ENV: undefined, npm_config_prefer_offline: 'true' }
      const { ok, output } = await (program === 'npx' ? npx : npm)(args, { cwd: folder, env })
      if (!ok) throw new Error(`${program} ${args.join(' ')}: ${output}`)
    },
    remove,
  }

  const readme = readDocument('README.md')
  app.paste(readme)
  // The README says so below the snippets.
  write(
    'tsconfig.node.json',
    app
      .read('tsconfig.node.json')
      .replace('"include": ["vite.config.ts"]', '"include": ["vite.config.ts", "server"]'),
  )
  const [, , ...names] = findCommand(readme, 'npm install @latchkey')
  const [, , , ...devNames] = findCommand(readme, 'npm install --save-dev @latchkey')
  const folders = [...names, ...devNames].map((name) => name.replace('@latchkey/', ''))
  // The others depend on @latchkey/wire. A user's npm takes it from the registry.
  await install([...folders, 'wire'])
  return app
}
