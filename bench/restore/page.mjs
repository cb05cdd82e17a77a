// The application that Chromium loads: it fetches its first data, and notes when that has arrived.
import { createAuthClient } from '@latchkey/core'

const auth = createAuthClient()
auth.subscribe(() => {})
const response = await auth.fetch('/api/items')
await response.json()
Object.assign(globalThis, { firstDataAt: performance.now() })
