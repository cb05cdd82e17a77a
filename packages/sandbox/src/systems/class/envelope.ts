import { createJsonResponse, createTextResponse } from '../../responses.ts'
import type { SystemRequest } from '../../system.ts'

/** An error of Class's API: its status, code and message. */
export interface ClassError {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** The error for a missing token, an invalid token and an insufficient scope. */
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

/** Creates a success response in Class's envelope. In XML each item is an element named `itemName`. */
export function createDataResponse(
  request: SystemRequest,
  items: readonly object[],
  itemName: string,
): Response {
  if (negotiateFormat(request) === 'json')
    return createJsonResponse(200, { Errors: [], Data: items }, jsonType)
  const elements = items.map((item) => formatElement(itemName, formatMembers(item)))
  return createXmlResponse(200, formatElement('Errors', '') + formatElement('Data', elements.join('')))
}

/** Creates an error response in Class's envelope. */
export function createErrorResponse(request: SystemRequest, { status, code, message }: ClassError): Response {
  const error = { Code: code, Message: message }
  if (negotiateFormat(request) === 'json')
    return createJsonResponse(status, { Errors: [error], Data: {} }, jsonType)
  return createXmlResponse(
    status,
    formatElement('Errors', formatElement('ApiError', formatMembers(error))) + formatElement('Data', ''),
  )
}

/** Returns the error status for an `Accept` that Class cannot satisfy, or `null`. */
export function getAcceptFailure(request: SystemRequest): 406 | 501 | null {
  const version = /vnd\.superip\.action\.v(\d+)/.exec(request.raw.headers.get('Accept') ?? '')?.[1] ?? '1'
  if (version !== '1') return 501
  return negotiateFormat(request) === null ? 406 : null
}

const jsonType = { 'Content-Type': 'application/json; charset=utf-8' }

/** JSON must be requested by name: `*\/*`, which `fetch` sends, selects XML. */
function negotiateFormat({ raw }: SystemRequest): 'json' | 'xml' | null {
  const accept = raw.headers.get('Accept') ?? ''
  if (/[/+]json\b/.test(accept)) return 'json'
  return accept === '' || /[/+]xml\b|\*\/\*|application\/\*/.test(accept) ? 'xml' : null
}

function createXmlResponse(status: number, content: string): Response {
  const namespaces =
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
  const body = `<?xml version="1.0" encoding="utf-8"?><ApiResponse ${namespaces}>${content}</ApiResponse>`
  return createTextResponse(status, body, { 'Content-Type': 'application/xml; charset=utf-8' })
}

function formatMembers(value: object): string {
  return Object.entries(value)
    .map(([name, member]) => formatElement(name, escapeXml(String(member))))
    .join('')
}

function formatElement(name: string, content: string): string {
  return content === '' ? `<${name} />` : `<${name}>${content}</${name}>`
}

function escapeXml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
