import type { Bff, ProviderDescription } from '@latchkey/bff'
import { createBff } from '@latchkey/bff'
import { axosoft, classSuper, oauth2 } from '@latchkey/bff/providers'
import type { ClassOptions, RunningSandbox } from '@latchkey/sandbox'
import { cathy, classBusiness, demoClient, startSandbox, workItems } from '@latchkey/sandbox'
import type { ThirdPartyServer } from '../third-party-servers/third-party-server.ts'
import type { FrontServer, FrontOptions } from './front-server.ts'
import { startFrontServer } from './front-server.ts'
import type { Files } from './pages.ts'

/** A site in front of the sandbox. */
export interface Scene extends FrontServer {
  readonly sandbox: RunningSandbox
}

/** Where the example speaks to the BFF that it shows first. */
export const basePath = '/auth/axosoft'

/** The example as it begins: in front of Axosoft, which knows no refresh. */
export async function loginPageOnAxosoft(files: Files): Promise<Scene> {
  const sandbox = await startSandbox()
  const site = `${sandbox.url}/axosoft`
  return scene(sandbox, {
    files,
    bffs: (around) => [createBff({ ...around, basePath, provider: axosoft({ site, ...demoClient }) })],
    api: (path, headers) => fetch(path.replace('/api/axosoft/items', `${site}/api/v6/items`), { headers }),
  })
}

const classScope = [`target:b/${classBusiness.code}`, 'fund.read', 'offline_access']
const fundList = `/class/api/1.0/b/${classBusiness.code}/fund-data/fund-list`

const { id, firstName: first_name, lastName: last_name, email } = cathy
/** What Axosoft tells of her. */
export const cathyOnAxosoft = { id, first_name, last_name, email }

/** The example in front of a system that refreshes: Class, which says who the user is as Axosoft does. */
export async function loginPageOnClass(files: Files, options: ClassOptions): Promise<Scene> {
  const sandbox = await startSandbox({
    class: { ...options, transformBody: (body) => ({ ...body, data: cathyOnAxosoft }) },
  })
  const provider = oauth2({
    tokenEndpoint: `${sandbox.url}/class/connect/token`,
    ...demoClient,
    basicEncoding: 'raw',
    scope: classScope,
    user: '/data',
  })
  return scene(sandbox, {
    files,
    bffs: (around) => [createBff({ ...around, basePath, provider })],
    api: async (_path, headers) => {
      const answer = await fetch(sandbox.url + fundList, { headers })
      return answer.ok ? Response.json({ data: workItems }) : answer
    },
  })
}

/** The example as a whole: the four BFFs that it makes itself, for what {@link sandboxVariables} of this sandbox says. */
export function loginPageOnAll(files: Files, bffs: readonly Bff[]): Promise<FrontServer> {
  return startFrontServer({
    files,
    bffs: () => bffs,
    api: () => new Response('No BFF has this route', { status: 404 }),
  })
}

/** The small page in front of Class, with more of the API below the path of each answer. */
export async function smallPageOnClass(
  files: Files,
  options: ClassOptions = {},
  more: Pick<FrontOptions, 'connectTo'> & { readonly redirectTo?: string } = {},
): Promise<Scene> {
  const sandbox = await startSandbox({ class: options })
  const { redirectTo, ...front } = more
  const provider = classSuper({
    ...demoClient,
    business: classBusiness.code,
    scope: classScope.slice(1),
    tokenEndpoint: `${sandbox.url}/class/connect/token`,
  })
  return scene(sandbox, {
    ...front,
    files,
    bffs: (around) => [createBff({ ...around, provider })],
    api: (path, headers) =>
      path === '/api/elsewhere' && redirectTo !== undefined
        ? new Response(null, { status: 302, headers: { Location: redirectTo } })
        : fetch(sandbox.url + fundList, { headers: { ...headers, Accept: 'application/json' } }),
  })
}

/** The small page in front of a server that is not ours. */
export function smallPageOnPeer(
  files: Files,
  peer: ThirdPartyServer,
  provider: ProviderDescription,
): Promise<FrontServer> {
  return startFrontServer({
    files,
    bffs: (around) => [createBff({ ...around, provider })],
    api: (_path, headers) => fetch(`${peer.resourceUrl}/items`, { headers }),
  })
}

async function scene(sandbox: RunningSandbox, options: FrontOptions): Promise<Scene> {
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
