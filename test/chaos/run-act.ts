import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../simulation/random.ts'
import type { Act, Expectation, Scene } from './act.ts'
import { mayBeLost } from './act.ts'
import type { AuthorizationServer, Exchange } from './authorization-server.ts'
import { serverKinds } from './authorization-server.ts'
import type { BrowserSession, CallerResult } from './browser-session.ts'
import { signIn } from './browser-session.ts'
import type { SharedEngine } from './shared-engine.ts'
import type { SmallDisk } from './small-disk.ts'
import type { Place, Stage } from './stage.ts'
import type { Row } from './table.ts'

const maxActMs = 90_000

/** What an act runs in. */
export interface ActOptions {
  readonly stage: Stage
  readonly engine: SharedEngine | null
  readonly server: AuthorizationServer
  readonly random: Random
  readonly disk: SmallDisk | null
  /** Callers of each session at each process. */
  readonly callersPerPlace: number
}

/** Performs an act, and checks what came of it. Returns a row for each kind of server, and what must not be. */
export async function runAct(act: Act, options: ActOptions): Promise<{ rows: Row[]; violations: string[] }> {
  const { stage, random } = options
  const violations: string[] = []
  const logStart = stage.log.length
  const faultStart = stage.faults.length
  const report = (violation: string): void => void violations.push(`${act.name}: ${violation}`)
  const timeLimit = sleep(maxActMs, [], { ref: false }).then(() => {
    report(`not over after ${maxActMs / 1000} s`)
    return []
  })
  const result = await Promise.race([perform(), timeLimit]).catch((error: unknown) => {
    report(String(error instanceof Error ? error.stack : error))
    return []
  })
  const warnings = stage.log.slice(logStart).filter(({ level }) => level === 'warn')
  // What an act that could not end has met.
  if (result.length === 0)
    for (const line of new Set(warnings.map((entry) => entry.line))) report(`logged: ${line}`)
  for (const fault of stage.faults.slice(faultStart)) report(fault)
  for (const { level, line } of stage.log.slice(logStart))
    if (level === 'error' && !act.allowedErrors?.test(line)) report(`logged: ${line}`)
  return { rows: result, violations }

  async function perform(): Promise<Row[]> {
    const holderIndex = random.below(stage.places.length)
    const sessions = await signInAll('user', stage.places[0]!)
    const callers = new Map(sessions.map((session) => [session, [] as Promise<CallerResult>[]]))
    await act.perform(createScene(holderIndex, sessions, callers))
    await stage.waitForStarts()
    const rows: Row[] = []
    for (const session of sessions) {
      const results = await Promise.all(callers.get(session)!)
      rows.push(await check(session, results))
    }
    return rows
  }

  function signInAll(prefix: string, place: Place): Promise<BrowserSession[]> {
    const name = `${prefix}-${random.below(2 ** 32).toString(36)}`
    return Promise.all(serverKinds.map((kind) => signIn(kind, name, stage.places, place, options.server)))
  }

  function createScene(
    holderIndex: number,
    sessions: readonly BrowserSession[],
    callers: Map<BrowserSession, Promise<CallerResult>[]>,
  ): Scene {
    const { places } = stage
    const holder = places[holderIndex]!
    const holdEachRefresh = (): Promise<Exchange>[] =>
      sessions.map((session) => {
        const exchange = options.server.holdRefresh(session.family)
        callers.get(session)!.push(session.startRefresh(holderIndex))
        return exchange
      })
    return {
      random,
      stage,
      engine: options.engine,
      sessions,
      holder,
      others: places.filter((place) => place !== holder),
      holdRefreshes: () => Promise.all(holdEachRefresh()),
      holdEachRefresh,
      startCallers(chosen = places) {
        for (const session of sessions)
          for (const place of chosen)
            for (let index = 0; index < options.callersPerPlace; index += 1)
              callers.get(session)!.push(session.requestToken(places.indexOf(place)))
      },
      signInAgain: (place) => signInAll('other', place),
      async waitForCallers() {
        await Promise.all([...callers.values()].flat())
      },
      wait: (milliseconds) => sleep(milliseconds),
      pickMs: (from, to) => from + random.below(to - from),
      report,
      fillDisk: () => options.disk!.fill(),
    }
  }

  /** Compares what came of a session with what may come of it. */
  async function check(session: BrowserSession, results: readonly CallerResult[]): Promise<Row> {
    const { kind, family } = session
    const lines = stage.log.slice(logStart)
    // The machine was too busy for the servers of the stage to respond in time.
    const wasBusy = !act.standsStill && lines.some(({ line }) => line.includes('no response within 8 s'))
    const expected = wasBusy ? mayBeLost : act.expected[kind]
    const { grants, sentTwice } = family
    const violate = (violation: string): void => report(`${kind}: ${violation}`)
    await useSession(session)
    const described = await Promise.all(stage.places.map((place) => session.describe(place)))
    if (new Set(described).size !== 1) violate(`the processes say ${described.join(', ')}`)
    const isLost = !described.some((text) => text.startsWith('sequence'))
    if (!isSessionExpected(expected, isLost)) violate(isLost ? 'the session was lost' : 'the session lives')
    const [minGrants, maxGrants] = expected.grants
    if (grants < minGrants || grants > maxGrants) violate(`${grants} grants`)
    if (sentTwice > expected.maxSentTwice) violate(`${sentTwice} refresh tokens sent after their use`)
    const outcomes = new Set([...results.map(({ outcome }) => outcome), ...(isLost ? described : [])])
    outcomes.delete('token')
    for (const outcome of outcomes)
      if (outcome !== 'refresh_lost' || !(isLost || expected.mayHearLost))
        violate(`a caller heard: ${outcome}`)
    if (isLost && !lines.some(({ line }) => line.includes('(refresh_lost)'))) violate('no line in the log')
    return {
      act: act.title,
      kind,
      grants,
      sentTwice,
      lost: isLost ? 1 : 0,
      sessions: 1,
      reasons: [...outcomes],
      callers: results.length,
      served: results.filter(({ outcome }) => outcome === 'token' || outcome === 'refresh_lost').length,
      retried: results.filter(({ retries }) => retries > 0).length,
      slowestMs: Math.max(...results.map(({ milliseconds }) => milliseconds)),
    }
  }

  /** Uses the access token, and then the refresh token, of a session that lives. */
  async function useSession(session: BrowserSession): Promise<void> {
    const index = random.below(stage.places.length)
    const place = stage.places[index]!
    const sequence = /^sequence (\d+)$/.exec(await session.describe(place))?.[1]
    if (sequence === undefined) return
    const call = await session.send(place, '/api/check')
    await call.text()
    if (call.ok) await session.requestToken(index, Number(sequence))
  }
}

function isSessionExpected({ session }: Expectation, isLost: boolean): boolean {
  return session === 'either' || (session === 'lost') === isLost
}
