import type { ActionFunctionArgs, LoaderFunctionArgs } from 'react-router'
import { bff } from '../bff.server.ts'

// GET by the loader, all other methods by the action. Export the same two from `api.$.ts`, for the routes in `proxy`.
export const loader = ({ request }: LoaderFunctionArgs): Promise<Response> => bff.fetch(request)
export const action = ({ request }: ActionFunctionArgs): Promise<Response> => bff.fetch(request)
