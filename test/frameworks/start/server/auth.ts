import { createBff } from '@latchkey/bff'
import { axosoft } from '@latchkey/bff/providers'

const { AXOSOFT_SITE: site = '', CLIENT_ID: clientId = '', CLIENT_SECRET: clientSecret = '' } = process.env

export default createBff({ provider: axosoft({ site, clientId, clientSecret }) })
