import { axosoft } from './axosoft.ts'
import { brightPattern } from './bright-pattern.ts'
import { classSuper } from './class.ts'
import { classy } from './classy.ts'
import type { System } from './system.ts'

/** All systems of this page. Your application has one, and no switch. */
export const systems: readonly System[] = [axosoft, brightPattern, classSuper, classy]

/** Finds a system by its id; the first one when there is none. */
export function findSystem(id: string | null): System {
  return systems.find((system) => system.id === id) ?? axosoft
}
