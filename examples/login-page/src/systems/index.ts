import { axosoft } from './axosoft.ts'
import { brightPattern } from './bright-pattern.ts'
import { classSuper } from './class.ts'
import { classy } from './classy.ts'
import type { System } from './system.ts'

/** Every system that the page knows. An application of its own has one, and no switch. */
export const systems: readonly System[] = [axosoft, brightPattern, classSuper, classy]

/** The system of that name; the first one unless there is one. */
export function findSystem(id: string | null): System {
  return systems.find((system) => system.id === id) ?? axosoft
}
