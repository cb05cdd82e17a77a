// A child process that increments a counter in an embedded store, by read and compare-and-set.
// Loads the TypeScript source through Vite, because Node 20 cannot.
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const source = fileURLToPath(new URL('../../src/stores/embedded-store.ts', import.meta.url))
const { module } = await runnerImport(source, { configFile: false, logLevel: 'error' })
const [path, steps] = process.argv.slice(2)
const store = module.embeddedStore({ path })

for (let done = 0; done < Number(steps);) {
  const record = await store.read('counter')
  const next = { ...record, version: record.version + 1 }
  if (await store.replace('counter', next, record.version)) done += 1
}
await store.close()
process.send?.('done')
process.disconnect()
