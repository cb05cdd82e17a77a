import { defaultExclude, defineConfig } from 'vitest/config'

/** Tests run on the sources, not on dist, through the `source` condition in every package's exports. */
const source = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } }

export default defineConfig({
  test: {
    // The default leaves one core idle, which doubles the time on a machine with two.
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
          exclude: [...defaultExclude, 'browser/**'],
          testTimeout: 30_000,
        },
      },
      // Needs Chromium, so that `--no-browser` leaves out this project.
      { ...source, test: { name: 'browser', root: 'test/browser', testTimeout: 30_000 } },
    ],
  },
})
