import { createFileRoute } from '@tanstack/react-router'
import bff from '../../server/auth'

const respond = ({ request }: { request: Request }): Promise<Response> => bff.fetch(request)

export const Route = createFileRoute('/auth/$')({
  server: { handlers: { GET: respond, POST: respond, DELETE: respond } },
})
