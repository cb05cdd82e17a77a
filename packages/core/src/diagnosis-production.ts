import type { Diagnosis } from './diagnosis.ts'

/** Production builds contain no diagnosis. */
export const diagnosis: Diagnosis | null = null
