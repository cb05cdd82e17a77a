import type { AuthClient } from '@latchkey/core'

/** An answer of an API that is no success. */
export class ApiError extends Error {
  readonly status: number
  constructor(status: number) {
    super(`The API answered ${status}`)
    this.status = status
  }
}

/** The JSON at a path of the page's own origin, asked for with the session's credential. */
export async function readJson(auth: AuthClient, path: string, init: RequestInit): Promise<unknown> {
  const response = await auth.fetch(path, init)
  if (!response.ok) throw new ApiError(response.status)
  return response.json()
}
