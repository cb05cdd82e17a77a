import { boundedText } from '../bounded-body.ts'
import { valueAt } from '../json-pointer.ts'
import type { Provider } from '../provider-description.ts'
import { oauthChallenges } from './www-authenticate.ts'

type Rules = Provider['resource']['unauthorized']
type Rule = NonNullable<Rules['refreshIf']>

const longestBody = 8192

/**
 * Whether an answer of the resource server rejects the token, so that another one may help. Its body stays to be read.
 *
 * @see RFC 6750 §3.1
 */
export async function isRejection(response: Response, rules: Rules): Promise<boolean> {
  if (!rules.status.includes(response.status)) return false
  const challenges = oauthChallenges(response.headers.get('WWW-Authenticate') ?? '')
  if (challenges.some(({ params }) => params.get('error') === 'insufficient_scope')) return false
  if (!rules.refreshIf && !rules.neverIf) return true
  const body = await jsonOf(response)
  const fits = ({ pointer, in: values }: Rule): boolean =>
    values.some((value) => value === valueAt(body, pointer))
  return !(rules.neverIf && fits(rules.neverIf)) && (!rules.refreshIf || fits(rules.refreshIf))
}

/** The body, if it is short and JSON; whatever the type says, which is often wrong for errors. */
async function jsonOf(response: Response): Promise<unknown> {
  const text = await boundedText(response.clone().body, longestBody)
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
