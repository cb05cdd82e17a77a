import { createRequire } from 'node:module'

// Whoever asks for React gets 18 from here on, the testing library and React DOM 18 included, which the
// package manager would both give the workspace's own. React goes first: React DOM asks for it.
const require = createRequire(import.meta.url)
for (const name of [
  'react',
  'react/jsx-runtime',
  'react/jsx-dev-runtime',
  'react-dom',
  'react-dom/client',
  'react-dom/server',
  'react-dom/test-utils',
]) {
  const eighteen = name.replace(/^react(-dom)?/, '$&-18')
  require(eighteen)
  require.cache[require.resolve(name)] = require.cache[require.resolve(eighteen)]
}
