// One server in a process of its own: the arguments name it, and `bench.mjs` reads its port and its usage.
import { servers } from './servers/index.mjs'

const { name, upstreams } = /** @type {import('./start-process.mjs').ServerArguments} */ (
  JSON.parse(process.argv[2] ?? '{}')
)
const { port, sessions = [] } = await servers[name](upstreams)

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({
    cpuMicroseconds: user + system,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  })
})
process.on('disconnect', () => process.exit())
process.send?.({ port, sessions })
