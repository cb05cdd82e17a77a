// `npm start`: Vite, and the sandbox in place of Axosoft. With an account of your own, `npm run dev` is enough.
import { copyFileSync, existsSync } from 'node:fs'
import { cathy, startSandbox } from '@latchkey/sandbox'
import { createServer, loadEnv } from 'vite'

if (!existsSync('.env.local')) copyFileSync('.env.example', '.env.local')

const { AXOSOFT_SITE = '' } = loadEnv('development', process.cwd(), '')
const site = URL.canParse(AXOSOFT_SITE) ? new URL(AXOSOFT_SITE) : null
const usesSandbox = site?.hostname === '127.0.0.1'
if (usesSandbox) await startSandbox({ port: Number(site.port) })

const server = await createServer()
await server.listen()
server.printUrls()
if (usesSandbox) server.config.logger.info(`  ➜  Sign in as ${cathy.username}, password ${cathy.password}`)
