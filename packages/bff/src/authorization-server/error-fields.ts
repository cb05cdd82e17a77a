import { isJsonObject, getByPointer } from '../json.ts'
import type { GrantPurpose } from './token-result.ts'
import type { Provider } from '../description/provider-description.ts'
import type { HttpResponse } from './http-client.ts'

/** Error codes about the client or the request, not about the user (RFC 6749 §5.2), with the fix. */
export const configurationCodes: Record<string, string> = {
  invalid_client:
    'the server rejected the client id or the client secret. Check them for stray characters, and try the other values of clientAuth and basicEncoding',
  invalid_client_metadata:
    'the server rejected the client secret, probably because of characters that RFC 6749 appendix A.2 does not allow. Create a secret of letters and digits at the server',
  unauthorized_client: 'this client may not use this grant. Allow it at the authorization server',
  unsupported_grant_type:
    'the server does not know this grant, or it is switched off there. Enable it at the authorization server',
  invalid_scope:
    'the server does not know the scope, or this client may not request it. Change scope, or allow it at the authorization server',
  invalid_request:
    'a parameter is missing or unknown to the server. Check that clientAuth, method and encoding are what it expects',
  invalid_target: 'the server does not know the resource or audience in params (RFC 8707). Correct it',
  use_dpop_nonce: 'the server requires DPoP (RFC 9449), which Latchkey does not support',
  mfa_required: 'the server requires a second factor. Describe it in errors.challenges',
  interaction_required: 'the server requires the user to visit one of its pages, which this grant cannot do',
}

/** Parameters that come from the configuration: a server that rejects one of them rejects the configuration. */
const configuredParameters = ['client_id', 'client_secret', 'grant_type', 'scope', 'refresh_token']

/** Whether RFC 6749 §5.2 or the description says what an error response means. */
export function isExplainedError(
  response: HttpResponse,
  body: unknown,
  provider: Provider,
  purpose: GrantPurpose,
): boolean {
  const { code, challenge, rule } = readError(response, body, provider, purpose)
  return (
    challenge !== undefined ||
    rule !== undefined ||
    isStandardCode(code) ||
    findBlamedParameters(body, provider.errors.code).length > 0
  )
}

/** The error of a response, and the parts of the description that it matches. */
export interface ErrorFields {
  code: string | null
  /** In lower case. */
  descriptionText: string
  challenge: Provider['errors']['challenges'][number] | undefined
  rule: Provider['errors']['map'][number] | undefined
}

/** Reads the error of a response. */
export function readError(
  { status }: HttpResponse,
  body: unknown,
  { errors }: Provider,
  purpose: GrantPurpose,
): ErrorFields {
  const code = readErrorCode(body, errors.code)
  const descriptionText = errors.description
    .map((pointer) => toLowerCase(getByPointer(body, pointer)))
    .join('\n')
  const matches = (rule: {
    status?: number | undefined
    code?: string | undefined
    contains?: string | undefined
  }): boolean =>
    (rule.status === undefined || rule.status === status) &&
    (rule.code === undefined || rule.code === code) &&
    (rule.contains === undefined || descriptionText.includes(rule.contains.toLowerCase()))
  return {
    code,
    descriptionText,
    challenge: errors.challenges.find(
      ({ when }) => matches(when) && (when.has === undefined || hasValue(getByPointer(body, when.has))),
    ),
    rule: errors.map.find(
      (candidate) => matches(candidate) && (candidate.during === undefined || candidate.during === purpose),
    ),
  }
}

/** Whether RFC 6749 §5.2 or another standard defines an error code. */
export function isStandardCode(code: string | null): code is string {
  return code !== null && (Object.hasOwn(configurationCodes, code) || code === 'invalid_grant')
}

/** Whether a member of a response means something: several servers send `false`, `null` or `""` for "no error". */
export function hasValue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== ''
}

/** Some servers send an object of parameter names and messages in place of the error code. */
export function findBlamedParameters(body: unknown, pointers: string[]): string[] {
  const messages = pointers.map((pointer) => getByPointer(body, pointer)).find(isJsonObject) ?? {}
  return configuredParameters.filter((name) => Object.hasOwn(messages, name))
}

/** Reads the error code of a response, from the first pointer to a string; `null` when there is none. */
export function readErrorCode(body: unknown, pointers: string[]): string | null {
  const values = pointers.map((pointer) => getByPointer(body, pointer))
  return values.find((value): value is string => typeof value === 'string') ?? null
}

function toLowerCase(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : ''
}
