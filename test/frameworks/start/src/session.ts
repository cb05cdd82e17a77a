import { createServerFn } from '@tanstack/react-start'
import { getRequest } from '@tanstack/react-start/server'
import bff from '../server/auth'

/**
 * Reads the session of the request: of the page while the server renders it, later of the call of this function. Not
 * strict, because the types do not say that the user is JSON.
 */
export const getSession = createServerFn({ strict: false }).handler(() => bff.session(getRequest()))
