import type { Platform } from '../platform.ts'
import type { RouteRequest } from '../route-request.ts'

const idBytes = 12
const ids = new WeakMap<RouteRequest, string>()

/** Returns the name of a request: what a trusted proxy in front calls it, or else a random one. */
export function getRequestId(request: RouteRequest, platform: Pick<Platform, 'randomBytes'>): string {
  const known = ids.get(request)
  if (known !== undefined) return known
  const id = request.forwardedId ?? createId(platform)
  ids.set(request, id)
  return id
}

/** An error response needs an id also when its error is that there are no random numbers. */
function createId({ randomBytes }: Pick<Platform, 'randomBytes'>): string {
  try {
    return Buffer.from(randomBytes(idBytes)).toString('base64url')
  } catch {
    return 'unknown'
  }
}
