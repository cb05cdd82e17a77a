import { createRequire } from 'node:module'

// Replaces React by React 18 for every import, also those of the testing library and of React DOM 18, for which the
// package manager resolves React 19. React comes first, because React DOM requires it.
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
  const react18Name = name.replace(/^react(-dom)?/, '$&-18')
  require(react18Name)
  require.cache[require.resolve(name)] = require.cache[require.resolve(react18Name)]
}
