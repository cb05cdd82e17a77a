import { createRequire } from 'node:module'
import type * as Lmdb from 'lmdb'

/** Whether the optional peer dependency lmdb can be loaded from here. */
export function isLmdbInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('lmdb')
    return true
  } catch {
    return false
  }
}

/** Loads lmdb. A static import would stop everyone without it from importing the modules that may use it. */
export function loadLmdb(): typeof Lmdb {
  return createRequire(import.meta.url)('lmdb') as typeof Lmdb
}
