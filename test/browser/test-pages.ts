import type { Bff, ProviderDescription } from '@latchkey/bff'
import { createBff } from '@latchkey/bff'
import { axosoft, classSuper, oauth2 } from '@latchkey/bff/providers'
import type { ClassOptions, RunningSandbox } from '@latchkey/sandbox'
import { cathy, classBusiness, demoClient, startSandbox, workItems } from '@latchkey/sandbox'
import type { ThirdPartyServer } from '../third-party-servers/third-party-server.ts'
import type { FrontServer, FrontServerOptions } from './front-server.ts'
import { startFrontServer } from './front-server.ts'
import type { SiteFiles } from './pages.ts'

/** A front server whose authorization server is the sandbox. */
export interface TestSite extends FrontServer {
  readonly sandbox: RunningSandbox
}

/** The base path of the BFF that the login page selects first. */
export const basePath = '/auth/axosoft'

/** Starts the login page with Axosoft, which issues no refresh tokens. */
export async function startLoginPageOnAxosoft(files: SiteFiles): Promise<TestSite> {
  const sandbox = await startSandbox()
  const site = `${sandbox.url}/axosoft`
  return startSite(sandbox, {
    files,
    createBffs: (environment) => [
      createBff({ ...environment, basePath, provider: axosoft({ site, ...demoClient }) }),
    ],
    api: (path, headers) => fetch(path.replace('/api/axosoft/items', `${site}/api/v6/items`), { headers }),
  })
}

const classScope = [`target:b/${classBusiness.code}`, 'fund.read', 'offline_access']
const fundListPath = `/class/api/1.0/b/${classBusiness.code}/fund-data/fund-list`

const { id, firstName: first_name, lastName: last_name, email } = cathy
/** Cathy as Axosoft describes her. */
export const cathyOnAxosoft = { id, first_name, last_name, email }

/** Starts the login page with Class, which issues refresh tokens. It describes users as Axosoft does. */
export async function startLoginPageOnClass(files: SiteFiles): Promise<TestSite> {
  const sandbox = await startSandbox({
    class: { transformBody: (body) => ({ ...body, data: cathyOnAxosoft }) },
  })
  const provider = oauth2({
    tokenEndpoint: `${sandbox.url}/class/connect/token`,
    ...demoClient,
    basicEncoding: 'raw',
    scope: classScope,
    user: '/data',
  })
  return startSite(sandbox, {
    files,
    createBffs: (environment) => [createBff({ ...environment, basePath, provider })],
    api: async (_path, headers) => {
      const response = await fetch(sandbox.url + fundListPath, { headers })
      return response.ok ? Response.json({ data: workItems }) : response
    },
  })
}

/** Starts the login page with its own four BFFs, configured for this sandbox. */
export function startLoginPageOnAllSystems(files: SiteFiles, bffs: readonly Bff[]): Promise<FrontServer> {
  return startFrontServer({
    files,
    // They serve the sites of all tests of a file, and a closed BFF starts no grants.
    createBffs: () => bffs.map((bff) => ({ ...bff, close: async () => {} })),
    api: () => new Response('No BFF has this route', { status: 404 }),
  })
}

/** Starts the small page with Class. `redirectTo` is where the API redirects `/api/elsewhere`. */
export async function startSmallPageOnClass(
  files: SiteFiles,
  options: ClassOptions = {},
  siteOptions: Pick<FrontServerOptions, 'connectTo' | 'scriptSource'> & { readonly redirectTo?: string } = {},
): Promise<TestSite> {
  const sandbox = await startSandbox({ class: options })
  const { redirectTo, ...frontOptions } = siteOptions
  const provider = classSuper({
    ...demoClient,
    business: classBusiness.code,
    scope: classScope.slice(1),
    tokenEndpoint: `${sandbox.url}/class/connect/token`,
  })
  return startSite(sandbox, {
    ...frontOptions,
    files,
    createBffs: (environment) => [createBff({ ...environment, provider })],
    api: (path, headers) =>
      path === '/api/elsewhere' && redirectTo !== undefined
        ? new Response(null, { status: 302, headers: { Location: redirectTo } })
        : fetch(sandbox.url + fundListPath, { headers: { ...headers, Accept: 'application/json' } }),
  })
}

/** Starts the small page with a third-party server. */
export function startSmallPageOnThirdParty(
  files: SiteFiles,
  server: ThirdPartyServer,
  provider: ProviderDescription,
): Promise<FrontServer> {
  return startFrontServer({
    files,
    createBffs: (environment) => [createBff({ ...environment, provider })],
    api: (_path, headers) => fetch(`${server.resourceUrl}/items`, { headers }),
  })
}

async function startSite(sandbox: RunningSandbox, options: FrontServerOptions): Promise<TestSite> {
  const front = await startFrontServer(options)
  return {
    ...front,
    sandbox,
    close: async () => {
      await front.close()
      await sandbox.close()
    },
  }
}
