import { createBff } from '@latchkey/bff'
import { axosoft } from '@latchkey/bff/providers'
import { redisStore } from '@latchkey/bff/redis'
import { createClient } from '@redis/client'

const {
  AXOSOFT_SITE: site,
  CLIENT_ID: clientId,
  CLIENT_SECRET: clientSecret,
  REDIS_URL: url,
  ORIGIN: origin,
} = process.env

/** A connection that connects again by itself. Requests fail at once while it is away, instead of waiting in a queue. */
async function connect() {
  const client = createClient({ url, disableOfflineQueue: true })
  client.on('error', (error) => console.error(`Redis: ${error.message}`))
  await client.connect()
  return client
}

export default createBff({
  provider: axosoft({ site, clientId, clientSecret }),
  proxy: [{ path: '/api/*', to: `${site}/api/v6/*`, methods: ['GET', 'POST'] }],
  // The second connection hears when another process has refreshed a session.
  store: redisStore({ client: await connect(), subscriber: await connect() }),
  origin,
  // nginx says where a request comes from.
  trustProxy: 'loopback',
})
