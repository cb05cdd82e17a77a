import { defineConfig } from 'vitest/config'

/** Tests run on the sources, not on dist: the `source` condition of every package's exports. */
const source = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } }

export default defineConfig({
  test: {
    // Every core, where the default leaves one idle: half of the time on a machine with two.
    maxWorkers: '100%',
    projects: [
      { ...source, test: { name: 'wire', root: 'packages/wire' } },
      { ...source, test: { name: 'core', root: 'packages/core' } },
      { ...source, test: { name: 'bff', root: 'packages/bff' } },
      { ...source, test: { name: 'sandbox', root: 'packages/sandbox' } },
      {
        ...source,
        test: {
          name: 'react',
          root: 'packages/react',
          environment: 'happy-dom',
          env: { REACT_MAJOR: '19' },
        },
      },
      {
        ...source,
        test: {
          name: 'react-18',
          root: 'packages/react',
          environment: 'happy-dom',
          env: { REACT_MAJOR: '18' },
          setupFiles: 'test/support/react-18.ts',
        },
      },
      {
        ...source,
        test: {
          name: 'repository',
          root: 'test',
          // These limits only end a test that hangs: tests wait for conditions, which takes longer on a busy machine.
          testTimeout: 180_000,
          hookTimeout: 180_000,
          expect: { poll: { timeout: 60_000 } },
        },
      },
    ],
  },
})
