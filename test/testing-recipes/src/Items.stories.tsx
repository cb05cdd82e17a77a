import { Items } from './Items.tsx'
import { withAuth } from './with-auth.tsx'

export default { component: Items, decorators: [withAuth] }

export const TwoItems = {
  parameters: { auth: { user: { username: 'cathy' }, api: () => Response.json(['pen', 'cup']) } },
}

export const NoItems = {
  parameters: { auth: { user: { username: 'cathy' }, api: () => Response.json([]) } },
}
