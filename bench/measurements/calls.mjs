import { timeCallsInChromium } from '../calls/in-chromium.mjs'
import { timeCallsInNode } from '../calls/in-node.mjs'
import { divideRounds } from '../rounds.mjs'

/** @type {import('../calls/time-calls.mjs').CallName[]} */
const names = ['stub', 'fetch', 'getAccessToken', 'accessToken']
/** Rounds in which the engine compiles the code. */
const warmUpRounds = 5

/**
 * Measures the calls of a page whose token is valid.
 *
 * @param {import('../options.mjs').BenchOptions} options
 * @param {import('../rounds.mjs').Shuffle} shuffle
 * @returns {Promise<import('../report.mjs').Report>}
 */
export async function measureCalls({ quick }, shuffle) {
  const rounds = quick ? 15 : 41
  const orders = Array.from({ length: rounds + warmUpRounds }, () => shuffle(names))
  const inChromium = await timeCallsInChromium(orders)
  const inNode = await timeCallsInNode(orders)
  return {
    unit: 'µs of a call, or ratio',
    rounds: `${rounds} rounds`,
    notes: inChromium ? [] : ['Chromium is left out, because it is not installed.'],
    figures: [
      ...(inChromium ? createFigures('Chromium', inChromium, 1.7, 0.3, 0.1) : []),
      ...createFigures('Node', inNode, 1.3, null, null),
    ],
  }
}

/**
 * @param {string} place
 * @param {Record<import('../calls/time-calls.mjs').CallName, number[]>} times
 * @param {number} fetchGoal
 * @param {number | null} getAccessTokenGoal
 * @param {number | null} accessTokenGoal
 * @returns {import('../report.mjs').Figure[]}
 */
function createFigures(place, times, fetchGoal, getAccessTokenGoal, accessTokenGoal) {
  const [stub, fetch, getAccessToken, accessToken] = names.map((name) => times[name].slice(warmUpRounds))
  const format = (/** @type {number} */ value) => `${value.toFixed(3)} µs`
  return [
    {
      title: `\`auth.fetch\`, ${place}`,
      against: 'stub `fetch`',
      values: divideRounds(fetch, stub),
      goal: fetchGoal,
    },
    {
      title: `\`auth.getAccessToken()\`, ${place}`,
      values: getAccessToken ?? [],
      goal: getAccessTokenGoal,
      format,
    },
    {
      title: `\`auth.accessToken.get()\`, ${place}`,
      values: accessToken ?? [],
      goal: accessTokenGoal,
      format,
    },
    { title: `stub \`fetch\`, ${place}`, values: stub ?? [], goal: null, format },
  ]
}
