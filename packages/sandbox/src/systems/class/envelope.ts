import { createJsonResponse, createTextResponse } from '../../responses.ts'
import type { SystemRequest } from '../../system.ts'

/** A refusal of Class's API: its status, code and message. */
export interface ClassError {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** One answer to all: no token, a bad one, and a scope that is too small. */
export const notAuthorised: ClassError = {
  status: 401,
  code: 'API_NOT_AUTHORISED',
  message: 'Not authorised',
}

export const notFound: ClassError = {
  status: 404,
  code: 'API_NOT_FOUND',
  message: 'Resource not available or user does not have access to the fund.',
}

/** A success in Class's envelope; in XML each item is an element called `itemName`. */
export function createDataResponse(
  request: SystemRequest,
  items: readonly object[],
  itemName: string,
): Response {
  if (negotiateFormat(request) === 'json')
    return createJsonResponse(200, { Errors: [], Data: items }, jsonType)
  const elements = items.map((item) => element(itemName, members(item)))
  return xml(200, element('Errors', '') + element('Data', elements.join('')))
}

/** A refusal in Class's envelope. */
export function createErrorResponse(request: SystemRequest, { status, code, message }: ClassError): Response {
  const error = { Code: code, Message: message }
  if (negotiateFormat(request) === 'json')
    return createJsonResponse(status, { Errors: [error], Data: {} }, jsonType)
  return xml(status, element('Errors', element('ApiError', members(error))) + element('Data', ''))
}

/** The status by which Class refuses what the caller's `Accept` names; `null` when it can send that. */
export function getAcceptFailure(request: SystemRequest): 406 | 501 | null {
  const version = /vnd\.superip\.action\.v(\d+)/.exec(request.raw.headers.get('Accept') ?? '')?.[1] ?? '1'
  if (version !== '1') return 501
  return negotiateFormat(request) === null ? 406 : null
}

const jsonType = { 'Content-Type': 'application/json; charset=utf-8' }

/** XML unless the caller asks for JSON by name: `*\/*`, which `fetch` sends, gets XML. */
function negotiateFormat({ raw }: SystemRequest): 'json' | 'xml' | null {
  const accept = raw.headers.get('Accept') ?? ''
  if (/[/+]json\b/.test(accept)) return 'json'
  return accept === '' || /[/+]xml\b|\*\/\*|application\/\*/.test(accept) ? 'xml' : null
}

function xml(status: number, content: string): Response {
  const namespaces =
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
  const body = `<?xml version="1.0" encoding="utf-8"?><ApiResponse ${namespaces}>${content}</ApiResponse>`
  return createTextResponse(status, body, { 'Content-Type': 'application/xml; charset=utf-8' })
}

function members(value: object): string {
  return Object.entries(value)
    .map(([name, member]) => element(name, escaped(String(member))))
    .join('')
}

function element(name: string, content: string): string {
  return content === '' ? `<${name} />` : `<${name}>${content}</${name}>`
}

function escaped(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
