import { availableParallelism } from 'node:os'
import type { TestProjectInlineConfiguration } from 'vitest/config'
import { defaultExclude, defineConfig } from 'vitest/config'
import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

const browserTests = [
  'browser/**/*.test.ts',
  'create-latchkey/app.test.ts',
  'first-page/first-page.test.ts',
  'other-browsers/**/*.test.ts',
]

/** The files that take longest, the longest first: one that starts last would run alone for minutes. */
const longTests = [
  'other-browsers.test.ts',
  'simulation.test.ts',
  'first-page.test.ts',
  'chaos.test.ts',
  'orders.test.ts',
  'tarball.test.ts',
  'examples.test.ts',
  'app.test.ts',
  'runtimes.test.ts',
  'frameworks.test.ts',
  'login-page.test.ts',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const getRank = ({ moduleId }: TestSpecification): number => {
      const rank = longTests.findIndex((name) => moduleId.endsWith(`/${name}`))
      return rank === -1 ? longTests.length : rank
    }
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's own method
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => getRank(a) - getRank(b))
  }
}

/** Limits in milliseconds that end only a test that hangs: these wait for real processes, on a machine that may be busy. */
const patientLimits = {
  testTimeout: 180_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 60_000 } },
}

export default defineConfig({
  test: {
    // Half as many again as cores: many tests wait for browsers and other processes. The default leaves one core idle.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    sequence: { sequencer: LongestFirst },
    projects: [
      // `isolate: false`: the files leave nothing behind in a process, so that each worker imports the sources once.
      project({ name: 'wire', root: 'packages/wire' }),
      project({ name: 'core', root: 'packages/core', isolate: false }),
      project({ name: 'bff', root: 'packages/bff', isolate: false }),
      project({ name: 'sandbox', root: 'packages/sandbox', isolate: false }),
      project({
        name: 'create-latchkey',
        root: 'packages/create-latchkey',
        // The template has tests of its own, which test/create-latchkey runs in an app.
        include: ['test/**/*.test.ts'],
      }),
      project({
        name: 'react',
        root: 'packages/react',
        environment: 'happy-dom',
        env: { REACT_MAJOR: '19' },
      }),
      project({
        name: 'react-18',
        root: 'packages/react',
        environment: 'happy-dom',
        env: { REACT_MAJOR: '18' },
        setupFiles: 'test/support/react-18.ts',
      }),
      project({
        name: 'repository',
        root: 'test',
        isolate: false,
        exclude: [...defaultExclude, ...browserTests],
        ...patientLimits,
      }),
      // The example of React Router with the next major version.
      project(
        {
          name: 'react-router-8',
          root: 'test',
          include: ['routers/react-router.test.ts', 'routers/framework.test.ts'],
        },
        { alias: [{ find: /^react-router(?=\/|$)/, replacement: 'react-router-8' }] },
      ),
      // Needs Chromium, so `--no-browser` leaves out this project.
      project({ name: 'browser', root: 'test', isolate: false, include: browserTests, ...patientLimits }),
    ],
  },
})

/** Tests run on the sources, not on dist, through the `source` condition in every package's exports. */
function project(
  test: TestProjectInlineConfiguration['test'],
  resolve: TestProjectInlineConfiguration['resolve'] = {},
): TestProjectInlineConfiguration {
  return {
    resolve: { ...resolve, conditions: ['source'] },
    ssr: { resolve: { conditions: ['source'] } },
    // Milliseconds, for a machine that is busy with other work.
    test: { testTimeout: 30_000, hookTimeout: 30_000, expect: { poll: { timeout: 25_000 } }, ...test },
  }
}
