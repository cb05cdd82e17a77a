/**
 * Descriptions of authorization servers: plain data, made from a few options.
 *
 * @module
 */
export { axosoft } from './axosoft.ts'
export type { AxosoftOptions } from './axosoft.ts'
export { classSuper } from './class-super.ts'
export type { ClassSuperOptions } from './class-super.ts'
export { oauth2 } from './oauth2.ts'
export type { OAuth2Options } from './oauth2.ts'
