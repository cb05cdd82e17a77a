import { getBff } from '../../../server/auth'

const respond = (request: Request): Promise<Response> => getBff().fetch(request)

export { respond as DELETE, respond as GET, respond as POST }
