/**
 * Descriptions of authorization servers: plain data, made from a few options.
 *
 * @module
 */
export { axosoft } from './axosoft.ts'
export type { AxosoftOptions } from './axosoft.ts'
export { azureV1 } from './azure-v1.ts'
export type { AzureV1Options } from './azure-v1.ts'
export { brightPattern } from './bright-pattern.ts'
export type { BrightPatternOptions } from './bright-pattern.ts'
export { classSuper } from './class-super.ts'
export type { ClassSuperOptions } from './class-super.ts'
export { classy } from './classy.ts'
export type { ClassyOptions } from './classy.ts'
export { jamf } from './jamf.ts'
export type { JamfOptions } from './jamf.ts'
export { netatmo } from './netatmo.ts'
export type { NetatmoOptions } from './netatmo.ts'
export { oauth2 } from './oauth2.ts'
export type { OAuth2Options } from './oauth2.ts'
export { podio } from './podio.ts'
export type { PodioOptions } from './podio.ts'
export { reddit } from './reddit.ts'
export type { RedditOptions } from './reddit.ts'
export { sugarCrm } from './sugar-crm.ts'
export type { SugarCrmOptions } from './sugar-crm.ts'
export { wso2 } from './wso2.ts'
export type { Wso2Options } from './wso2.ts'
