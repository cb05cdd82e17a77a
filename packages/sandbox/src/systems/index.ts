import type { Ground, System } from '../system.ts'
import type { AxosoftOptions } from './axosoft.ts'
import { axosoft } from './axosoft.ts'
import type { ClassOptions } from './class.ts'
import { classSuper } from './class.ts'

/** The systems of the sandbox and what can be different about each; the names are their paths. */
export interface SystemOptions {
  readonly axosoft?: AxosoftOptions
  readonly class?: ClassOptions
}

/** The name of a system, which is the first segment of its paths. */
export type SystemName = keyof SystemOptions

/** To add a system: write its file beside `axosoft.ts`, and name it here and in {@link SystemOptions}. */
export function createSystems(ground: Ground, options: SystemOptions): Record<SystemName, System> {
  return {
    axosoft: axosoft(ground, options.axosoft),
    class: classSuper(ground, options.class),
  }
}
