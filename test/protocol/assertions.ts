/** One thing that a client of OAuth 2.0, or a back-end for a browser application, has to do. */
export interface Assertion {
  /** Tests begin their titles with it; numbers are never given away again. */
  number: number
  sentence: string
  /** Where it is written; `hardening` where no text asks for it. */
  reference: string
  /** Why it is not asked of Latchkey; then it has no test. */
  notApplicable?: string
  /** What is still to be built before it holds; then it has no test either. */
  missing?: string
}

/** What belongs together. */
export interface Group {
  title: string
  assertions: Assertion[]
}

const browserApps = 'OAuth 2.0 for Browser-Based Applications'

/** Everything that is held, in its order. */
export const groups: Group[] = [
  {
    title: 'Token request',
    assertions: [
      {
        number: 1,
        sentence: 'The method is POST; only a description can say otherwise.',
        reference: 'RFC 6749 §3.2',
      },
      {
        number: 2,
        sentence: 'The body is a form in UTF-8, names and values encoded alike.',
        reference: 'RFC 6749 §4.3.2, appendix B',
      },
      {
        number: 3,
        sentence:
          'Basic form-encodes id and secret before it joins them; a description can ask for the raw pair.',
        reference: 'RFC 6749 §2.3.1, appendix B',
      },
      {
        number: 4,
        sentence: 'A request authenticates the client in exactly one way.',
        reference: 'RFC 6749 §2.3, §5.2',
      },
      {
        number: 5,
        sentence: 'Client id and secret stay out of the URL, unless the grant of a description says `query`.',
        reference: 'RFC 6749 §2.3.1',
      },
      {
        number: 6,
        sentence: 'A query in the address of the token endpoint is kept; a fragment is refused at start-up.',
        reference: 'RFC 6749 §3.2',
      },
      {
        number: 7,
        sentence:
          'No parameter is sent twice, and none that the grant writes can be written by anybody else.',
        reference: 'RFC 6749 §3.2, RFC 8707 §2',
      },
      {
        number: 8,
        sentence:
          'Empty parameters are not sent; an empty username or password is refused before anything is.',
        reference: 'RFC 6749 §3.2',
      },
      {
        number: 9,
        sentence: 'Endpoints without TLS are refused, but on loopback hosts.',
        reference: 'RFC 6749 §1.6, §3.2, RFC 6750 §5.3',
      },
      {
        number: 10,
        sentence:
          'The password grant sends its type, username, password, a scope if there is one and the client, and what a description adds.',
        reference: 'RFC 6749 §4.3.2',
      },
      {
        number: 11,
        sentence:
          'What was typed arrives to the byte; a line break or half of a surrogate pair is refused before anything is sent.',
        reference: 'RFC 6749 appendices A.15, A.16 and B',
      },
      {
        number: 12,
        sentence:
          'Client credentials are used where a secret can be kept, and nothing that a browser loads knows of one.',
        reference: 'RFC 6749 §4.4',
      },
      {
        number: 13,
        sentence: 'A refresh sends the refresh token, and never asks for more than was granted.',
        reference: 'RFC 6749 §6',
      },
      {
        number: 14,
        sentence:
          'The values of a scope are joined by one space; one with other characters than RFC 6749 allows is a mistake of the configuration; no value, no parameter.',
        reference: 'RFC 6749 §3.3, appendix A.4',
      },
      {
        number: 15,
        sentence: 'Scopes are compared by case and not by order.',
        reference: 'RFC 6749 §3.3',
      },
      {
        number: 16,
        sentence: 'Requests ask for JSON and follow no redirect, which would carry the password along.',
        reference: 'hardening; compare RFC 9700 §4.12',
      },
      {
        number: 17,
        sentence: 'Requests are bounded in time and answers in size, well above a token of 16 kB.',
        reference: 'RFC 6749 §5.1',
      },
    ],
  },
  {
    title: 'Success response',
    assertions: [
      {
        number: 18,
        sentence:
          'JSON is taken with any charset; a 200 without an access token is an error of its own kind.',
        reference: 'RFC 6749 §5.1',
      },
      { number: 19, sentence: 'The token type is compared without case.', reference: 'RFC 6749 §5.1' },
      {
        number: 20,
        sentence: 'A token of an unknown type is not used.',
        reference: 'RFC 6749 §7.1, RFC 9449 §5',
      },
      {
        number: 21,
        sentence: 'A token without a type is not used, unless a description says which type is meant.',
        reference: 'RFC 6749 §5.1',
      },
      {
        number: 22,
        sentence:
          'Unknown members are dropped, `__proto__` and `constructor` do no harm, and further ones are kept only where a description lists them.',
        reference: 'RFC 6749 §5.1; hardening',
      },
      {
        number: 23,
        sentence:
          'A token’s life counts from the moment its request was sent; a page counts it on a clock that does not go back.',
        reference: 'RFC 6749 §5.1',
      },
      {
        number: 24,
        sentence:
          'A lifetime is a number or a text of digits; anything else is none at all, and 0 is over already, never endless.',
        reference: 'RFC 6749 appendix A.14',
      },
      {
        number: 25,
        sentence:
          'Without a lifetime the description’s counts, else nobody knows: no alarm, and a 401 tells.',
        reference: 'RFC 6749 §5.1',
      },
      {
        number: 26,
        sentence:
          'A token of 30 days or of a year overflows no timer, and is refreshed once, when it is due.',
        reference: 'hardening',
      },
      {
        number: 27,
        sentence: 'A token that lives no longer than the margin is refreshed near its end, without a loop.',
        reference: 'hardening',
      },
      {
        number: 28,
        sentence:
          'A scope in the answer wins, even if it is smaller; without one, what was asked for or held is granted.',
        reference: 'RFC 6749 §3.3, §5.1, §6',
      },
      {
        number: 29,
        sentence: 'A refresh that brings no refresh token leaves the old one in use.',
        reference: 'RFC 6749 §5.1, §6',
      },
      {
        number: 30,
        sentence:
          'A refresh that brings one puts it in the place of the old one in one step; the old one is never used again.',
        reference: 'RFC 6749 §6, RFC 9700 §4.14.2',
      },
      {
        number: 31,
        sentence:
          'A refresh token that comes with client credentials is used only where a description says so; refused, it makes room for asking again.',
        reference: 'RFC 6749 §4.4.3',
      },
      {
        number: 32,
        sentence: 'An access token with spaces, control characters or anything but ASCII reaches no header.',
        reference: 'RFC 6749 appendix A.12, RFC 6750 §2.1',
      },
    ],
  },
  {
    title: 'Errors',
    assertions: [
      {
        number: 33,
        sentence:
          'A refusal becomes one typed error; the log tells its status and the code if it is a known one, a page hears nothing that the server wrote; an unknown code decides nothing.',
        reference: 'RFC 6749 §5.2, §8.5',
      },
      {
        number: 34,
        sentence:
          '401 invalid_client with a Basic challenge is a refused client, and the challenge goes no further: it would open the browser’s own dialog.',
        reference: 'RFC 6749 §5.2; hardening',
      },
      {
        number: 35,
        sentence:
          'A refused client and a refused user are told apart, whether by 400 or by 401, and as the description says.',
        reference: 'RFC 6749 §5.2',
      },
      {
        number: 36,
        sentence:
          'invalid_grant at a sign-in is a wrong password and is not tried again; at a refresh the refresh token is given up, and the session ends or the token is asked for anew.',
        reference: `RFC 6749 §5.2, RFC 9700 §4.14.2, ${browserApps} §6.1.2.2`,
      },
      {
        number: 37,
        sentence:
          'The other codes of the standard are mistakes of the configuration; the refresh token survives them.',
        reference: 'RFC 6749 §5.2',
      },
      {
        number: 38,
        sentence:
          'Network, time-out, 5xx and 429 pass: session and token are kept, tries are spaced with jitter, and Retry-After or the header of a description is obeyed.',
        reference: 'hardening; RFC 9110 §10.2.3',
      },
      {
        number: 39,
        sentence: 'A body that is no JSON object is an error with its status, and none of it reaches a page.',
        reference: 'hardening',
      },
      {
        number: 40,
        sentence:
          'An error of any JSON type upsets nothing, and no description of a server reaches a page or the log.',
        reference: 'RFC 6749 §5.2',
      },
      {
        number: 41,
        sentence: 'A 200 with an error and without a token is a failure.',
        reference: 'as several servers do it',
      },
    ],
  },
  {
    title: 'Refresh',
    assertions: [
      {
        number: 42,
        sentence: 'However many callers, tabs and processes of a session ask at once, one request is made.',
        reference: 'RFC 9700 §4.14.2',
      },
      {
        number: 43,
        sentence: 'The refresh token never leaves the server.',
        reference: `RFC 6749 §10.4, ${browserApps} §6.2.4.2`,
      },
      {
        number: 44,
        sentence: 'A refresh that fails for the moment leaves the present token usable to its end.',
        reference: 'hardening',
      },
      {
        number: 45,
        sentence:
          'After a sleep or a jump of the clock the time is looked at again: when seen, when focused, when online.',
        reference: 'hardening',
      },
      {
        number: 46,
        sentence: 'What a refresh brings after a sign-out or another sign-in is dropped.',
        reference: 'hardening',
      },
      {
        number: 47,
        sentence:
          'Without a refresh token the end of the token asks for a new sign-in; the password was given up after the first.',
        reference: 'RFC 6749 §4.3.1',
      },
      {
        number: 48,
        sentence: 'An application’s own token is asked for again with its first scope, and nobody notices.',
        reference: 'RFC 6749 §4.4.2',
      },
      {
        number: 49,
        sentence: 'A session ends with its refresh token, where that end is known.',
        reference: `${browserApps} §6.1.2.2`,
      },
    ],
  },
  {
    title: 'Bearer use',
    assertions: [
      {
        number: 50,
        sentence:
          'The header is the scheme as the description spells it, one space and the token, whatever case token_type had.',
        reference: 'RFC 6750 §2.1',
      },
      { number: 51, sentence: 'A request carries the token in one place.', reference: 'RFC 6750 §2' },
      {
        number: 52,
        sentence:
          'A token stands in no URL unless a description says so, and then nobody may keep the answer.',
        reference: 'RFC 6750 §2.3, RFC 9700 §4.3.2',
      },
      {
        number: 53,
        sentence:
          'Tokens go to listed origins and paths only; no redirect, `//host`, backslash, `@`, `..` or encoded form leads elsewhere.',
        reference: `RFC 6750 §5.2, §5.3, RFC 9700 §4.9.1, ${browserApps} §6.1.3.6`,
      },
      {
        number: 54,
        sentence: 'A request that brings its own Authorization goes out with that one, as it is.',
        reference: 'hardening',
      },
      {
        number: 55,
        sentence:
          'A 401 brings at most one refresh and one more try; a second 401 is the caller’s, unchanged.',
        reference: 'RFC 6750 §3.1',
      },
      {
        number: 56,
        sentence:
          'A 401 to a token that has been replaced since is tried again with the present one, without a refresh.',
        reference: 'hardening',
      },
      {
        number: 57,
        sentence:
          'The error is found among several challenges, quoted and escaped, whatever the case of scheme and names and beside a token68; garbage does no harm.',
        reference: 'RFC 6750 §3, RFC 9110 §11.6.1',
      },
      {
        number: 58,
        sentence:
          'invalid_token refreshes; insufficient_scope and invalid_request do not, and the caller can read which scope is wanted.',
        reference: 'RFC 6750 §3.1',
      },
      {
        number: 59,
        sentence: 'A 401 that tells no error allows one refresh, if a token was sent.',
        reference: 'RFC 6750 §3.1',
      },
      {
        number: 60,
        sentence:
          'A body that can be sent once is; a Request is copied before it is used; the caller can give up at any moment.',
        reference: 'hardening',
      },
      {
        number: 61,
        sentence: 'Without a session a request is refused, and nobody is asked for a token.',
        reference: 'hardening',
      },
    ],
  },
  {
    title: 'Back-end for the browser',
    assertions: [
      {
        number: 62,
        sentence:
          'No answer about a session or a token may be kept by a cache, whatever the authorization server said.',
        reference: 'RFC 6749 §5.1',
      },
      {
        number: 63,
        sentence:
          'The cookie is Secure, HttpOnly, SameSite=Strict, for the path /, for no Domain, and its name has a `__Host-` prefix.',
        reference: `${browserApps} §6.1.3.2`,
      },
      {
        number: 64,
        sentence:
          'A session is sealed with authenticated encryption; a cookie that was changed, or is of another key, is none, and no error.',
        reference: `${browserApps} §6.1.3.2`,
      },
      {
        number: 65,
        sentence:
          'Every endpoint demands the static header, and judges Origin and Sec-Fetch-Site when they are there; else 403.',
        reference: `${browserApps} §6.1.3.3, §6.2.3.3`,
      },
      {
        number: 66,
        sentence: 'Nothing is opened to other origins: no CORS header, to nobody.',
        reference: `${browserApps} §6.1.3.3.2`,
      },
      {
        number: 67,
        sentence:
          'A sign-in and a sign-out change the id of the session; one that was planted is never taken.',
        reference: 'hardening',
      },
      {
        number: 68,
        sentence: 'Sign-ins are throttled by account and by address: 429 and Retry-After.',
        reference: 'RFC 6749 §4.3.2, §10.10',
      },
      {
        number: 69,
        sentence:
          'The password is in no log, error, URL, cookie or store, also when the authorization server fails or repeats it.',
        reference: 'RFC 6749 §4.3.1, §10.7',
      },
      {
        number: 70,
        sentence: 'A sign-in is a POST; credentials in the query are refused and not repeated.',
        reference: 'hardening',
      },
      {
        number: 71,
        sentence:
          'The proxy passes on listed hosts, paths and methods only, without the page’s Cookie, Authorization and hop-by-hop headers, with the token; it drops Set-Cookie of the answer.',
        reference: `${browserApps} §6.1.1, §6.1.3.6`,
      },
      {
        number: 72,
        sentence:
          'A page can ask for the listed scopes only, and a wider token is not given for a narrower request.',
        reference: `${browserApps} §6.2.2.3, RFC 9700 §2.3`,
      },
      {
        number: 73,
        sentence: 'Who asks for the session without a cookie hears 200 and that there is none.',
        reference: `${browserApps} §6.1.2.1`,
      },
      {
        number: 74,
        sentence: 'A sign-out is done here even when revocation fails, and answers 204, never a 307.',
        reference: 'RFC 7009 §2.2, RFC 9700 §4.12',
      },
      { number: 75, sentence: 'No 401 of the BFF asks for Basic.', reference: 'hardening' },
    ],
  },
  {
    title: 'Metadata, revocation and extensions',
    assertions: [
      {
        number: 76,
        sentence: 'A discovery document names the configured issuer to the letter, or is not used.',
        reference: 'RFC 8414 §3.3, OpenID Connect Discovery 1.0 §4.3',
      },
      {
        number: 77,
        sentence:
          'The well-known part stands between host and path for RFC 8414, and after the path without its last slash for OpenID Connect.',
        reference: 'RFC 8414 §3.1, §5, OpenID Connect Discovery 1.0 §4',
      },
      {
        number: 78,
        sentence:
          'A document without a token endpoint, or with one without TLS or inside of this machine, is not used.',
        reference: 'RFC 8414 §2; hardening',
      },
      {
        number: 79,
        sentence:
          'Where a document names no way to authenticate, Basic is used; a description can say otherwise.',
        reference: 'RFC 8414 §2',
      },
      {
        number: 80,
        sentence: 'A document that does not name the grant is warned of, and the grant is tried.',
        reference: 'RFC 8414 §2',
      },
      {
        number: 81,
        sentence:
          'A document is kept for a while and asked for once at a time; when it cannot be had, the last good one or the fall-back serves.',
        reference: 'hardening',
      },
      {
        number: 82,
        sentence:
          'Revocation posts a form with client, token and hint, the refresh token if there is one; 200 is success whatever the body; after a 503 the token counts as good, and Retry-After is obeyed; an unsupported type does no harm.',
        reference: 'RFC 7009 §2.1, §2.2, §2.2.1',
      },
      {
        number: 83,
        sentence: 'Introspection is a POST, and `active: false` means expired, whatever else is said.',
        reference: 'RFC 7662 §2.1, §2.2, §4',
        notApplicable:
          'Introspection is what a resource server asks about tokens of others. The BFF holds tokens that it was issued itself, and asks no introspection endpoint.',
      },
      {
        number: 84,
        sentence: 'A resource is sent as the description names it, and invalid_target is told as what it is.',
        reference: 'RFC 8707 §2',
      },
      {
        number: 85,
        sentence: 'A demand for DPoP is told as not supported, and no weaker token is used instead.',
        reference: 'RFC 9449 §5, §8',
      },
    ],
  },
]
