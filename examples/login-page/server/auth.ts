import { createBff } from '@latchkey/bff'
import { axosoft } from '@latchkey/bff/providers'

const {
  AXOSOFT_SITE: site = '',
  AXOSOFT_CLIENT_ID: clientId = '',
  AXOSOFT_CLIENT_SECRET: clientSecret = '',
} = process.env

/** What keeps the client secret and the sessions. Runs inside `vite dev` here; in production wherever Node runs. */
export default createBff({ provider: axosoft({ site, clientId, clientSecret }) })
