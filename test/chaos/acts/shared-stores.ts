import type { Act, Scene } from '../act.ts'
import { allLive } from '../act.ts'

/** A shared store that stands still or ends in the middle of a refresh and of a sign-in, and comes back with its records. */
export const sharedStoreActs: readonly Act[] = [
  {
    name: 'store-stopped',
    title: 'Redis stopped for 1 to 4 s in a refresh and a sign-in',
    needsStore: ['redis'],
    expected: allLive,
    async perform(scene) {
      await interrupt(scene, await prepare(scene), scene.engine!.pause!, [1000, 4000])
    },
  },
  {
    name: 'store-killed',
    title: 'shared store killed for 1 to 4 s in a refresh and a sign-in',
    needsStore: ['redis', 'postgres'],
    expected: allLive,
    async perform(scene) {
      await interrupt(scene, await prepare(scene), scene.engine!.kill, [1000, 4000])
    },
  },
]

type Respond = () => void

/** Makes the holder refresh, and returns what lets the servers respond. */
async function prepare({ holdRefreshes, startCallers }: Scene): Promise<Respond> {
  const exchanges = await holdRefreshes()
  startCallers()
  return () => {
    for (const { handle, respond } of exchanges) {
      handle()
      respond()
    }
  }
}

async function interrupt(
  scene: Scene,
  respond: Respond,
  stop: () => Promise<() => Promise<void>>,
  [fromMs, toMs]: readonly [number, number],
): Promise<void> {
  const { stage, random, wait, pickMs, signInAgain, waitForCallers } = scene
  const goOn = await stop()
  respond()
  const signedIn = signInAgain(random.pick(stage.places))
  const looks = scene.sessions.map((session) => lookAtPage(scene, session))
  await wait(pickMs(fromMs, toMs))
  await goOn()
  await Promise.all([signedIn, ...looks])
  await waitForCallers()
}

/** A page that is loaded meanwhile gets its session or 503, and keeps its cookie. */
async function lookAtPage(
  { random, stage, report }: Scene,
  { kind, send }: Scene['sessions'][number],
): Promise<void> {
  const response = await send(random.pick(stage.places), '/auth/session')
  await response.text()
  if (response.status !== 503 && response.status !== 200) report(`${kind}: a page got ${response.status}`)
  if (response.status === 503 && response.headers.getSetCookie().length > 0)
    report(`${kind}: 503 changed a cookie`)
}
