export {
  csrfHeader,
  csrfHeaderValue,
  defaultBasePath,
  sessionPath,
  sessionsPath,
  tokenPath,
} from './endpoints.ts'
export { errorCodes, isErrorResponse, loginRequiredReasons } from './errors.ts'
export type { ErrorCode, ErrorResponse, LoginRequiredReason } from './errors.ts'
export { isSessionResponse, visibleAsciiPattern } from './messages.ts'
export type {
  SessionListResponse,
  SessionResponse,
  SignInRequest,
  TokenRequest,
  WireSession,
  WireToken,
} from './messages.ts'
export { maxLifetimeSeconds, parseSeconds } from './seconds.ts'
export { credentialTypes } from './sign-in.ts'
export type { CredentialField, SignInChallenge, SignInMethods } from './sign-in.ts'
