/**
 * Descriptions of authorization servers: plain data, made from a few options.
 *
 * @module
 */
export { axosoft } from './axosoft.ts'
export type { AxosoftOptions } from './axosoft.ts'
export { brightPattern } from './bright-pattern.ts'
export type { BrightPatternOptions } from './bright-pattern.ts'
export { classSuper } from './class-super.ts'
export type { ClassSuperOptions } from './class-super.ts'
export { classy } from './classy.ts'
export type { ClassyOptions } from './classy.ts'
export { oauth2 } from './oauth2.ts'
export type { OAuth2Options } from './oauth2.ts'
