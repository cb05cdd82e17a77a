import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createUserProject } from './user-project.ts'

const { folder, install, remove } = createUserProject()

beforeAll(() => install(['react', 'core', 'wire']), 60_000)
afterAll(remove)

it('installing @latchkey/react brings core, wire and the peer React, and nothing else', () => {
  const modules = join(folder, 'node_modules')
  const installed = readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
    )
  expect(installed.toSorted()).toEqual(['@latchkey/core', '@latchkey/react', '@latchkey/wire', 'react'])
})
