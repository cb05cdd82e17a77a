import type { Act } from './act.ts'
import { connectionActs } from './acts/connections.ts'
import { machineActs } from './acts/machine.ts'
import { refreshActs } from './acts/refreshes.ts'
import { sharedStoreActs } from './acts/shared-stores.ts'

export const acts: readonly Act[] = [...refreshActs, ...machineActs, ...connectionActs, ...sharedStoreActs]
