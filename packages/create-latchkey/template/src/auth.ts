import { createAuthClient } from '@latchkey/core'

export const auth = createAuthClient()
