// Delete this file, and what vite.config.ts says of it, when you point at your own provider.
import {
  cathy,
  classBusiness,
  classyOrganization,
  demoClient,
  demoTenant,
  startSandbox,
} from '@latchkey/sandbox'
import type { Plugin, PreviewServer, ProxyOptions, ViteDevServer } from 'vite'

type Variables = Record<string, string>

/**
 * Starts a stand-in for the systems that `.env` does not name when Vite serves, and tells whom to sign in as. It lives
 * as long as the process, through the restarts of Vite's server within it.
 */
export function sandbox(
  own: Variables,
  proxyTo: (variables: Variables) => Record<string, ProxyOptions>,
): Plugin | undefined {
  const missing = standIns.filter(({ account }) => !own[account])
  if (missing.length === 0) return

  const tellWhom = (server: ViteDevServer | PreviewServer): void => {
    const printUrls = server.printUrls.bind(server)
    server.printUrls = () => {
      printUrls()
      for (const { whom } of missing) server.config.logger.info(`  ➜  ${whom}`)
    }
  }

  return {
    name: 'sandbox',
    apply: 'serve',
    async config() {
      const { url } = await startSandbox()
      const variables = variablesOf(missing, url)
      Object.assign(process.env, variables)
      const proxy = proxyTo({ ...own, ...variables })
      return { server: { proxy }, preview: { proxy } }
    },
    configureServer: tellWhom,
    configurePreviewServer: tellWhom,
  }
}

/** What `.env` would hold for every system of a sandbox. */
export function sandboxVariables(url: string): Variables {
  return variablesOf(standIns, url)
}

interface StandIn {
  /** The variable without which a system is not yours. */
  readonly account: string
  readonly whom: string
  readonly variables: (url: string) => Variables
}

const standIns: readonly StandIn[] = [
  {
    account: 'AXOSOFT_SITE',
    whom: `Sign in to Axosoft as ${cathy.username}, password ${cathy.password}`,
    variables: (url) => ({ AXOSOFT_SITE: `${url}/axosoft`, ...clientFor('AXOSOFT') }),
  },
  {
    account: 'BRIGHT_PATTERN_TENANT',
    whom: `Sign in to Bright Pattern as ${cathy.username}, API secret ${cathy.apiSecret}`,
    variables: (url) => ({
      BRIGHT_PATTERN_TENANT: demoTenant,
      BRIGHT_PATTERN_SITE: `${url}/bright-pattern`,
    }),
  },
  {
    account: 'CLASS_BUSINESS',
    whom: `Sign in to Class as ${cathy.username}, password ${cathy.password}`,
    variables: (url) => ({
      CLASS_BUSINESS: classBusiness.code,
      CLASS_DISCOVERY: `${url}/class/.well-known/openid-configuration`,
      CLASS_API: `${url}/class/api/1.0`,
      ...clientFor('CLASS'),
    }),
  },
  {
    account: 'CLASSY_ORGANIZATION',
    whom: 'Classy asks for nothing',
    variables: (url) => ({
      CLASSY_ORGANIZATION: String(classyOrganization.id),
      CLASSY_SITE: `${url}/classy`,
      ...clientFor('CLASSY'),
    }),
  },
]

function clientFor(system: string): Variables {
  return {
    [`${system}_CLIENT_ID`]: demoClient.clientId,
    [`${system}_CLIENT_SECRET`]: demoClient.clientSecret,
  }
}

function variablesOf(those: readonly StandIn[], url: string): Variables {
  return Object.assign({}, ...those.map(({ variables }) => variables(url)))
}
