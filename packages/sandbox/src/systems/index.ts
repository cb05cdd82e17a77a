import type { SandboxContext, System } from '../system.ts'
import type { AxosoftOptions } from './axosoft/index.ts'
import { axosoft } from './axosoft/index.ts'
import { brightPattern } from './bright-pattern/index.ts'
import type { BrightPatternOptions } from './bright-pattern/token.ts'
import { classSuper } from './class/index.ts'
import type { ClassOptions } from './class/token.ts'
import { classy } from './classy/index.ts'
import type { ClassyOptions } from './classy/token.ts'

/** The options of each system. */
export interface SystemOptions {
  readonly axosoft?: AxosoftOptions
  readonly brightPattern?: BrightPatternOptions
  readonly class?: ClassOptions
  readonly classy?: ClassyOptions
}

export const systemNames = ['axosoft', 'bright-pattern', 'class', 'classy'] as const

/** The name of a system and the first segment of its paths. */
export type SystemName = (typeof systemNames)[number]

/** To add a system, create its folder beside this file and add it here. */
export function createSystems(context: SandboxContext, options: SystemOptions): Record<SystemName, System> {
  return {
    axosoft: axosoft(context, options.axosoft),
    'bright-pattern': brightPattern(context, options.brightPattern),
    class: classSuper(context, options.class),
    classy: classy(context, options.classy),
  }
}
