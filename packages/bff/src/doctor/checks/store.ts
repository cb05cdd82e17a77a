import { BffError } from '../../errors.ts'
import { wrapStore } from '../../stores/call-store.ts'
import type { Check } from '../doctor-context.ts'
import type { Finding } from '../finding.ts'

const check = 'store'

/** Checks that a store of the module responds, and that its server keeps sessions until they end. */
export const checkStore: Check = async ({ config, platform, redact }) => {
  if (!config.options.store) return []
  const store = wrapStore(config.options.store, platform)
  try {
    await store.read('latchkey-doctor')
  } catch (error) {
    const reason = error instanceof BffError ? error.hint : undefined
    return [
      {
        check,
        level: 'FAILED',
        message: redact(reason ?? 'the session store is not available'),
        fix: 'start the server of the store, and check its address and credentials. Until then nobody can sign in',
      },
    ]
  }
  return [{ check, level: 'ok', message: 'responds' }, ...(await listSettings(store))]
}

async function listSettings(store: ReturnType<typeof wrapStore>): Promise<Finding[]> {
  try {
    const warnings = (await store.listWarnings?.()) ?? []
    return warnings.map((message) => ({ check, level: 'warn', message }))
  } catch {
    return [
      {
        check,
        level: 'warn',
        message: 'the server does not say whether it removes sessions when its memory is full',
        fix: 'set maxmemory-policy to noeviction, or let the user of the BFF run INFO',
      },
    ]
  }
}
