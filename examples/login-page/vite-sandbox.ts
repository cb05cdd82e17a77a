// Delete this file and its line in vite.config.ts when you use your own provider.
import {
  cathy,
  classBusiness,
  classyOrganization,
  demoClient,
  demoTenant,
  startSandbox,
} from '@latchkey/sandbox'
import type { Plugin, PreviewServer, ViteDevServer } from 'vite'
import { loadEnv } from 'vite'

type Variables = Record<string, string>

/**
 * While Vite serves, starts a sandbox for every system that `.env.local` does not configure, and prints how to sign in.
 * The sandbox runs until the process ends, also across restarts of Vite's server.
 */
export function sandbox(): Plugin {
  let missing: readonly SandboxSystem[] = []

  const printUsers = (server: ViteDevServer | PreviewServer): void => {
    const printUrls = server.printUrls.bind(server)
    server.printUrls = () => {
      printUrls()
      for (const { howToSignIn } of missing) server.config.logger.info(`  ➜  ${howToSignIn}`)
    }
  }

  return {
    name: 'sandbox',
    apply: 'serve',
    async config({ root = process.cwd() }, { mode }) {
      const configured = { ...loadEnv(mode, root, ''), ...process.env }
      missing = sandboxSystems.filter(({ account }) => !configured[account])
      if (missing.length > 0) Object.assign(process.env, createVariables(missing, (await startSandbox()).url))
    },
    configureServer: printUsers,
    configurePreviewServer: printUsers,
  }
}

/** The variables that `.env.local` would set for every system of a sandbox. */
export function sandboxVariables(url: string): Variables {
  return createVariables(sandboxSystems, url)
}

interface SandboxSystem {
  /** The variable that names your own account at the system. */
  readonly account: string
  readonly howToSignIn: string
  readonly variables: (url: string) => Variables
}

const sandboxSystems: readonly SandboxSystem[] = [
  {
    account: 'AXOSOFT_SITE',
    howToSignIn: `Sign in to Axosoft as ${cathy.username}, password ${cathy.password}`,
    variables: (url) => ({ AXOSOFT_SITE: `${url}/axosoft`, ...createClientVariables('AXOSOFT') }),
  },
  {
    account: 'BRIGHT_PATTERN_TENANT',
    howToSignIn: `Sign in to Bright Pattern as ${cathy.username}, API secret ${cathy.apiSecret}`,
    variables: (url) => ({
      BRIGHT_PATTERN_TENANT: demoTenant,
      BRIGHT_PATTERN_SITE: `${url}/bright-pattern`,
    }),
  },
  {
    account: 'CLASS_BUSINESS',
    howToSignIn: `Sign in to Class as ${cathy.username}, password ${cathy.password}`,
    variables: (url) => ({
      CLASS_BUSINESS: classBusiness.code,
      CLASS_DISCOVERY: `${url}/class/.well-known/openid-configuration`,
      CLASS_API: `${url}/class/api/1.0`,
      ...createClientVariables('CLASS'),
    }),
  },
  {
    account: 'CLASSY_ORGANIZATION',
    howToSignIn: 'Classy needs no sign-in',
    variables: (url) => ({
      CLASSY_ORGANIZATION: String(classyOrganization.id),
      CLASSY_SITE: `${url}/classy`,
      ...createClientVariables('CLASSY'),
    }),
  },
]

function createClientVariables(system: string): Variables {
  return {
    [`${system}_CLIENT_ID`]: demoClient.clientId,
    [`${system}_CLIENT_SECRET`]: demoClient.clientSecret,
  }
}

function createVariables(systems: readonly SandboxSystem[], url: string): Variables {
  return Object.assign({}, ...systems.map(({ variables }) => variables(url)))
}
