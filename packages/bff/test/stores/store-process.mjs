// A child process that uses the folder of an embedded store: `node store-process.mjs ACT FOLDER …`
// Loads the TypeScript source through Vite, because Node 20 cannot.
import { writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'
import { openDatabase } from '../../src/stores/embedded-database.js'

const source = fileURLToPath(new URL('../../src/stores/embedded-store.ts', import.meta.url))
const [act, path = '', count] = process.argv.slice(2)

/** @returns {Promise<import('../../src/index.ts').Store>} */
async function openStore() {
  const { module } = await runnerImport(source, { configFile: false, logLevel: 'error' })
  return module.embeddedStore({ path })
}

const acts = {
  /** Increments a counter by read and compare-and-set. */
  async count() {
    const store = await openStore()
    for (let done = 0; done < Number(count);) {
      const record = await store.read('counter')
      if (record === null) throw new Error('no counter')
      const next = { ...record, version: record.version + 1 }
      if (await store.replace('counter', next, record.version)) done += 1
    }
    await store.close()
    process.send?.('done')
    process.disconnect()
  },
  /** Inserts and replaces records until it is killed, and reports each that was acknowledged. */
  async write() {
    const store = await openStore()
    const sealed = new Uint8Array(1500).fill(7)
    const work = async (/** @type {number} */ worker) => {
      for (let index = 0; ; index += 1) {
        const key = `${process.pid}-${worker}-${index}`
        const record = { sealed, indexNames: [key], version: 1, expiresAt: 9e15 }
        await store.insert(key, record)
        await store.replace(key, { ...record, version: 2 }, 1)
        process.send?.(key)
      }
    }
    await Promise.all([1, 2, 3, 4].map(work))
  },
  /** Stands still in the middle of a transaction. */
  async holdLock() {
    openDatabase(path).commit(true, () => {
      writeSync(1, 'holds')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })
  },
}

await acts[/** @type {keyof typeof acts} */ (act)]()
