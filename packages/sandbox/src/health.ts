import { createJsonResponse, createTextResponse } from './responses.ts'
import { systemNames } from './systems/index.ts'

/** Whether a path is one of those that report that the sandbox is running. */
export function isHealthPath(path: string): boolean {
  return path === '/' || path === '/health'
}

/** Responds to `GET` and `HEAD` with the base URL of each system. */
export function createHealthResponse({ method }: Request, { origin }: URL): Response {
  if (method !== 'GET' && method !== 'HEAD') return createTextResponse(405, '', { Allow: 'GET, HEAD' })
  const systems = Object.fromEntries(systemNames.map((name) => [name, `${origin}/${name}`]))
  const response = createJsonResponse(200, { status: 'ok', systems }, { 'Cache-Control': 'no-store' })
  return method === 'GET' ? response : new Response(null, response)
}
