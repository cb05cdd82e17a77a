import type { Mode, Provider, ProviderName } from './providers.ts'
import { providers } from './providers.ts'

/** The sandbox's Axosoft; `npm start` starts the sandbox on this port. */
const sandboxUrl = 'http://127.0.0.1:8910/axosoft'

/** The client that is registered at the sandbox. */
const sandboxClient = { CLIENT_ID: 'latchkey-demo-client', CLIENT_SECRET: 'latchkey-demo-secret' }

/**
 * Returns the name of the variable that tells `start.mjs` where the sandbox runs. For Axosoft it is the site itself,
 * because the sandbox plays that system. In place of others it plays Axosoft as well, in `server/sandbox.ts`.
 */
export function getSandboxVariable(name: ProviderName): string {
  return name === 'axosoft' ? 'AXOSOFT_SITE' : 'SANDBOX_URL'
}

/** Formats the files below `server` that depend on provider and mode, and `.env.example`, by their paths. */
export function formatServerFiles(name: ProviderName, mode: Mode): Record<string, string> {
  const provider = providers[name]
  if (name === 'axosoft') {
    return {
      'server/auth.ts': formatAxosoftModule(mode),
      '.env.example': formatVariables({ AXOSOFT_SITE: sandboxUrl, ...sandboxClient }),
    }
  }
  return {
    'server/auth.ts': formatAuthModule(name, provider, mode),
    'server/sandbox.ts': formatSandboxModule(provider, mode),
    '.env.example': formatEnvironment(provider),
  }
}

function formatAxosoftModule(mode: Mode): string {
  return `${formatImport('createBff', '@latchkey/bff')}
${formatImport('axosoft', '@latchkey/bff/providers')}

const { AXOSOFT_SITE: site = '', CLIENT_ID: clientId = '', CLIENT_SECRET: clientSecret = '' } = process.env

export default createBff({
${formatMode(mode, '  ')}  provider: axosoft({ site, clientId, clientSecret }),
  proxy: [{ path: '/api/*', to: \`\${site}/api/v6/*\`, methods: ['GET', 'POST'] }],
})
`
}

function formatAuthModule(name: ProviderName, { preset, options }: Provider, mode: Mode): string {
  const variables = [...options, 'apiUrl'].map((option) => `  ${toVariable(option)}: ${option} = '',\n`)
  const values = options.map((option) => (option === 'scope' ? "scope: scope.split(' ')" : option))
  const authorize =
    name === 'classy'
      ? `    // The token belongs to the application. Return the caller, or null, which rejects the request.
    authorize: () => null,
`
      : ''
  return `${formatImport('createBff', '@latchkey/bff')}
${formatImport(preset, '@latchkey/bff/providers')}
${formatImport('sandbox', './sandbox.ts')}

const {
${variables.join('')}} = process.env

export default createBff(
  sandbox ?? {
${formatMode(mode, '    ')}    provider: ${preset}({ ${values.join(', ')} }),
    proxy: [{ path: '/api/*', to: \`\${apiUrl}/*\`, methods: ['GET', 'POST'] }],
${authorize}  },
)
`
}

function formatSandboxModule({ label }: Provider, mode: Mode): string {
  return `import type { BffOptions } from '@latchkey/bff'
${formatImport('axosoft', '@latchkey/bff/providers')}

const { NODE_ENV, SANDBOX_URL: site } = process.env

/**
 * The sandbox, which plays another system, in place of ${label}. \`null\` in production and without SANDBOX_URL. Delete
 * this file when ${label} works.
 */
export const sandbox: BffOptions | null =
  NODE_ENV === 'production' || !site
    ? null
    : {
${formatMode(mode, '        ')}        provider: axosoft({ site, clientId: '${sandboxClient.CLIENT_ID}', clientSecret: '${sandboxClient.CLIENT_SECRET}' }),
        proxy: [{ path: '/api/*', to: \`\${site}/api/v6/*\`, methods: ['GET', 'POST'] }],
      }
`
}

function formatEnvironment({ label, options, apiUrl }: Provider): string {
  const variables = Object.fromEntries(options.map((option) => [toVariable(option), '']))
  return `# The sandbox in place of ${label}. Remove this line and fill in the others to sign in to ${label}.
SANDBOX_URL=${sandboxUrl}
${formatVariables({ ...variables, API_URL: apiUrl })}`
}

function formatImport(name: string, from: string): string {
  return `import { ${name} } from '${from}'`
}

/** Token mode is the default of \`createBff\`. */
function formatMode(mode: Mode, indent: string): string {
  return mode === 'proxy' ? `${indent}mode: 'proxy',\n` : ''
}

function formatVariables(variables: Record<string, string>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** Writes `clientId` as `CLIENT_ID`. */
function toVariable(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}
