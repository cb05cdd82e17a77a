import type { ProviderDescription } from '@latchkey/bff'
import { axosoft, classSuper, oauth2 } from '@latchkey/bff/providers'
import type { ClassOptions, RunningSandbox } from '@latchkey/sandbox'
import { cathy, classBusiness, demoClient, startSandbox, workItems } from '@latchkey/sandbox'
import type { Peer } from '../peers/peer.ts'
import type { Front, FrontOptions } from './front.ts'
import { openFront } from './front.ts'
import type { Files } from './pages.ts'

/** A site in front of the sandbox. */
export interface Scene extends Front {
  readonly sandbox: RunningSandbox
}

/** The example as it is: in front of Axosoft, which knows no refresh. */
export async function loginPageOnAxosoft(files: Files): Promise<Scene> {
  const sandbox = await startSandbox()
  const site = `${sandbox.url}/axosoft`
  return scene(sandbox, {
    files,
    provider: axosoft({ site, ...demoClient }),
    api: (path, headers) => fetch(site + path, { headers }),
  })
}

const classScope = [`target:b/${classBusiness.code}`, 'fund.read', 'offline_access']
const fundList = `/class/api/1.0/b/${classBusiness.code}/fund-data/fund-list`

/** The example in front of a system that refreshes: Class, which says who the user is as Axosoft does. */
export async function loginPageOnClass(files: Files, options: ClassOptions): Promise<Scene> {
  const { id, firstName: first_name, lastName: last_name, email } = cathy
  const data = { id, first_name, last_name, email }
  const sandbox = await startSandbox({ class: { ...options, amend: (body) => ({ ...body, data }) } })
  return scene(sandbox, {
    files,
    provider: oauth2({
      tokenEndpoint: `${sandbox.url}/class/connect/token`,
      ...demoClient,
      basicEncoding: 'raw',
      scope: classScope,
      user: '/data',
    }),
    api: async (_path, headers) => {
      const answer = await fetch(sandbox.url + fundList, { headers })
      return answer.ok ? Response.json({ data: workItems }) : answer
    },
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
  return scene(sandbox, {
    ...front,
    files,
    provider: classSuper({
      ...demoClient,
      business: classBusiness.code,
      scope: classScope.slice(1),
      tokenEndpoint: `${sandbox.url}/class/connect/token`,
    }),
    api: (path, headers) =>
      path === '/api/elsewhere' && redirectTo !== undefined
        ? new Response(null, { status: 302, headers: { Location: redirectTo } })
        : fetch(sandbox.url + fundList, { headers }),
  })
}

/** The small page in front of a server that is not ours. */
export function smallPageOnPeer(files: Files, peer: Peer, provider: ProviderDescription): Promise<Front> {
  return openFront({
    files,
    provider,
    api: (_path, headers) => fetch(`${peer.resourceUrl}/items`, { headers }),
  })
}

async function scene(sandbox: RunningSandbox, options: FrontOptions): Promise<Scene> {
  const front = await openFront(options)
  return {
    ...front,
    sandbox,
    close: async () => {
      await front.close()
      await sandbox.close()
    },
  }
}
