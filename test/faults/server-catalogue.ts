import type { FaultGroup } from './fault.ts'

const refresh = 'packages/bff/test/refresh.test.ts'
const session = 'packages/bff/test/session.test.ts'
const signIn = 'packages/bff/test/sign-in.test.ts'
const takeover = 'packages/bff/test/takeover.test.ts'
const tolerance = 'packages/bff/test/response-tolerance.test.ts'
const guard = 'packages/bff/test/guard.test.ts'
const proxy = 'packages/bff/test/proxy.test.ts'
const proxyHeaders = 'packages/bff/test/proxy-headers.test.ts'
const proxyRoutes = 'packages/bff/test/proxy-routes.test.ts'
const proxyStreams = 'packages/bff/test/proxy-streams.test.ts'
const throttle = 'packages/bff/test/throttle.test.ts'
const trustProxy = 'packages/bff/test/trust-proxy.test.ts'
const clockChanges = 'packages/bff/test/clock-changes.test.ts'
const challenges = 'packages/bff/test/challenges.test.ts'
const deployChanges = 'packages/bff/test/deploy-changes.test.ts'
const embeddedStore = 'packages/bff/test/stores/embedded.test.ts'
const memoryStore = 'packages/bff/test/stores/memory-store.test.ts'
const wholeWay = 'test/stories/whole-way.test.ts'
const coreStories = 'packages/core/test/stories.test.ts'

/**
 * The failure catalogue of back ends for browser apps: each case was seen in at least one of them. B-F30, B-F31 and
 * B-F42 are in the groups of the proxy and of streams.
 */
export const serverCatalogue: FaultGroup = {
  title: 'What goes wrong in other back ends',
  faults: [
    {
      id: 'B-F1',
      fault:
        'Fifty requests with an expired token send fifty refreshes, and a strict server ends the session.',
      now: 'They share one grant.',
      tests: [[refresh, 'serves 50 requests for an expired token with one grant']],
    },
    {
      id: 'B-F2',
      fault: 'Several instances with one store refresh the same session.',
      now: 'One holds the lease and sends the grant; the others use its token.',
      tests: [
        [
          refresh,
          'serves the requests of four BFFs on one store with one grant, even if it takes longer than a lease',
        ],
      ],
    },
    {
      id: 'B-F3',
      fault: 'A refresh takes longer than its lock, and a second one starts.',
      now: 'The lease is renewed while the refresh runs, and a late writer loses to a newer version.',
      tests: [
        [
          refresh,
          'serves the requests of four BFFs on one store with one grant, even if it takes longer than a lease',
        ],
        [refresh, 'does not come when two processes both got a token: all use the first saved'],
      ],
    },
    {
      id: 'B-F4',
      fault: 'The process that held the lock was killed, and the session stays locked.',
      now: 'Another process takes the refresh over after seven seconds.',
      tests: [
        [
          takeover,
          'is taken over after seven seconds, with one more request, when the server did not see the first',
        ],
      ],
    },
    {
      id: 'B-F5',
      fault: 'The first caller leaves, and its refresh is aborted for all.',
      now: 'A refresh does not depend on its callers.',
      tests: [[refresh, 'completes for the other requests when one is aborted']],
    },
    {
      id: 'B-F6',
      fault: 'The server rotates the token, and its response is lost.',
      now: 'The refresh is sent once more. When that is rejected, the session ends with the reason `refresh_lost`.',
      tests: [[refresh, 'has the reason refresh_lost when an earlier response %s']],
    },
    {
      id: 'B-F7',
      fault: 'A refused connection ends the session.',
      now: 'The session continues. The page gets 503 with `Retry-After` once its token has expired.',
      tests: [
        [refresh, 'continues when the server %s, and uses its token until that expires'],
        [refresh, 'has the reason refresh_rejected when the earlier request was never sent'],
      ],
    },
    {
      id: 'B-F8',
      fault: 'An outage of the authorization server ends sessions, or gets a storm of requests.',
      now: 'The valid token stays in use, and all instances share one growing backoff.',
      tests: [
        [refresh, 'continues when the server %s, and uses its token until that expires'],
        [refresh, 'is not refreshed during its growing backoff, which all BFFs on the store share'],
        [refresh, 'obeys a Retry-After in %s'],
      ],
    },
    {
      id: 'B-F9',
      fault: '`invalid_grant` ends a session that another process has just refreshed.',
      now: 'The store is read again first. A newer token there is used.',
      tests: [
        [refresh, 'does not come when another process has saved a newer token, which is used'],
        [refresh, 'comes when the server rejects the refresh token, with its reason, after one grant'],
      ],
    },
    {
      id: 'B-F10',
      fault: '`invalid_client` signs users out.',
      now: 'The session continues, and the log says what to change.',
      tests: [[tolerance, 'treats as a configuration error, which the log explains, a response with > %s']],
    },
    {
      id: 'B-F11',
      fault:
        'A response without a refresh token, or with an odd `expires_in`, ends the session or causes a loop.',
      now: 'What is missing is kept, and an odd lifetime is unknown, expired or clamped.',
      tests: [
        [refresh, 'keeps the refresh token, the scope and the user when the response does not contain them'],
        [refresh, 'does not loop on tokens that are expired when they are issued'],
        [signIn, 'with expires_in %s has a lifetime of %s s'],
        [tolerance, 'expires_in with %s'],
      ],
    },
    {
      id: 'B-F12',
      fault: 'A clock that is wrong makes tokens immortal, or refreshes them in a loop.',
      now: 'Lifetimes count from the request, on the clock of one machine, and a step of that clock is noticed.',
      tests: [
        [refresh, 'counts the age of a token from the moment its request was sent'],
        [clockChanges, 'does not make a token live longer than its lifetime'],
        [coreStories, 'of %s overflows no timer: there is no refresh on the first day'],
      ],
    },
    {
      id: 'B-F13',
      fault: 'The token expires while the laptop sleeps, and every request gets a 401.',
      now: 'One refresh runs on waking.',
      tests: [[wholeWay, 'refreshes once after eight hours of sleep, and keeps the session']],
    },
    {
      id: 'B-F14',
      fault: 'A page load that extends the session overwrites the refreshed token.',
      now: 'Each write names the version that it replaces.',
      tests: [[refresh, 'survives a concurrent write by a page load']],
    },
    {
      id: 'B-F15',
      fault: 'A request that was running during the sign-out creates the session again.',
      now: 'No write creates a removed record again, which the contract of stores tests, and no response restores the cookie.',
      tests: [[refresh, 'keeps the user signed out, and revokes the new tokens']],
    },
    {
      id: 'B-F16',
      fault: 'A tab signs out while another one refreshes, which stays signed in.',
      now: 'Both are signed out, and the new tokens are revoked.',
      tests: [
        [refresh, 'keeps the user signed out, and revokes the new tokens'],
        [wholeWay, 'during a refresh ends the session in the page, at the BFF and after a reload'],
      ],
    },
    {
      id: 'B-F17',
      fault: 'A second sign-in in the same browser keeps data of the first user.',
      now: 'The last one wins with a new session, and the earlier one ends.',
      tests: [
        [signIn, 'has a new id and cookie; the previous session ends and its token is revoked'],
        [signIn, 'has a subject that is the same for the same user only, and opaque'],
      ],
    },
    {
      id: 'B-F18',
      fault: 'A planted, forged, cut or very long cookie opens a session, or causes a 500.',
      now: 'It opens none.',
      tests: [
        [signIn, 'does not use a cookie that an attacker planted'],
        [session, '64 opens no session when it is %s'],
        [
          'packages/bff/test/fuzz/requests.test.ts',
          'with a random cookie opens no session but the one of the whole cookie',
        ],
      ],
    },
    {
      id: 'B-F19',
      fault: 'A new secret signs everybody out.',
      now: 'The option `secret` can be a list: the first one seals, and all open.',
      tests: [
        [deployChanges, 'that adds a secret in front of the old one keeps sessions and says nothing'],
        [deployChanges, 'that replaces the secret ends sessions and says so'],
        [
          deployChanges,
          'a secret is rotated over two processes in three deploys, without the end of a session',
        ],
      ],
    },
    {
      id: 'B-F20',
      fault: 'A store that is down or slow signs users out.',
      now: 'The response is 503, and the cookie stays.',
      tests: [
        [session, 'causes 503, and the cookie stays'],
        ['packages/bff/test/time-limits.test.ts', 'to %s causes 503 after five seconds'],
      ],
    },
    {
      id: 'B-F21',
      fault: 'A deploy or a damaged file ends sessions, or the process.',
      now: 'Sessions survive a restart, and a damaged file is an error that names the folder.',
      tests: [
        [embeddedStore, 'keeps users signed in when the BFF restarts'],
        [embeddedStore, 'ends no process when its file %s, and says to delete the folder'],
        [
          'test/stories/stopping.test.ts',
          'a SIGTERM in the middle of a refresh loses nothing, with the lines of the README: the next process has its token',
        ],
      ],
    },
    {
      id: 'B-F22',
      fault: 'Polling keeps a session alive, and the absolute limit can be extended.',
      now: 'Both limits hold to the second. A peek and a refresh are no use of the session.',
      tests: [
        [session, 'end it after the idle limit without use, to the second'],
        [session, 'end it after the absolute limit, even if it is used'],
        [session, 'are not extended by a peek or a refresh'],
      ],
    },
    {
      id: 'B-F23',
      fault: 'Removing a million expired records stops the server.',
      now: 'Each insert removes a few of them, which the contract of stores tests.',
      tests: [[memoryStore, 'removes all expired records before it refuses one']],
    },
    {
      id: 'B-F24',
      fault: 'A page of another site sends a form, an image or a request that changes the session.',
      now: 'It gets 403, and nothing changes.',
      tests: [
        [guard, '65 %s is rejected with 403 and changes nothing'],
        [guard, '65 needs Origin or Sec-Fetch-Site unless it is a GET'],
      ],
    },
    {
      id: 'B-F25',
      fault: 'A shared cache stores a session or a token.',
      now: 'Every response says `no-store`.',
      tests: [
        [guard, '62 has headers in every response against caching, sniffing and sharing between origins'],
      ],
    },
    {
      id: 'B-F26',
      fault: 'A path with `..%2f`, `//host`, `\\`, CRLF or NUL leaves its route.',
      now: 'It is rejected, or stays within its route.',
      tests: [
        [proxyRoutes, 'is rejected with 400 before anything is sent: %s'],
        [proxyRoutes, 'is rejected when a server could read its path as a host'],
        [
          'packages/bff/test/fuzz/requests.test.ts',
          'through the proxy stays on its route, and gets a response',
        ],
      ],
    },
    {
      id: 'B-F27',
      fault: 'A redirect of the API takes the token to another host.',
      now: 'The proxy follows no redirect. The page gets one only if a route leads there.',
      tests: [
        [proxyStreams, 'does not follow a redirect (%i) with the token'],
        [proxyHeaders, 'that redirects to %s becomes a 502, and the redirect is not followed'],
      ],
    },
    {
      id: 'B-F28',
      fault:
        'Compressed, empty and partial responses arrive with wrong headers, and cookies of the API pass.',
      now: 'Bodies pass unread with their own headers. Cookies and headers of the connection do not pass.',
      tests: [
        [proxyStreams, 'forwards compressed bodies, and ranges unchanged'],
        [proxyHeaders, 'with status %i has no body'],
        [proxyHeaders, 'reaches the browser without cookies and without headers that Connection names'],
      ],
    },
    {
      id: 'B-F29',
      fault: '`Authorization`, `Cookie` and `X-Forwarded-For` of the page reach the API.',
      now: 'Only headers on a list reach it.',
      tests: [
        [proxyHeaders, 'has no %s of the page'],
        [
          proxyHeaders,
          'has the token of the session in place of the cookie and the Authorization of the page',
        ],
      ],
    },
    {
      id: 'B-F32',
      fault: 'An API that always responds with 401 causes a loop or a sign-out.',
      now: 'There is one refresh and one repetition. Then the page gets the 401.',
      tests: [
        [
          proxy,
          'is refreshed once when the resource server rejects every token; the page gets its response and keeps the session',
        ],
        [
          proxy,
          'is not sent again when it is a stream: the page gets the 401, and the next request uses the new token',
        ],
      ],
    },
    {
      id: 'B-F33',
      fault: 'Passwords can be guessed without limit, or an attacker locks a user out.',
      now: 'Accounts and addresses have limits. A user at a known address or browser is not delayed.',
      tests: [
        [throttle, 'may fail ten times, then gets 429, and nothing is sent to the authorization server'],
        [throttle, 'at hundreds of addresses gets twenty attempts through'],
        [
          throttle,
          'at a hundred addresses cannot delay a user who signed in from the same address within 30 days',
        ],
      ],
    },
    {
      id: 'B-F34',
      fault: 'The response tells whether an account exists.',
      now: 'A wrong password and an unknown user get the same response.',
      tests: [
        [throttle, 'cannot find out whether an account exists'],
        [wholeWay, 'responds to a wrong password and to an unknown user in the same way'],
      ],
    },
    {
      id: 'B-F35',
      fault: 'A wrong password that the server reports as 200, 403 or HTML becomes a 500.',
      now: 'It is `invalid_credentials` where the response says so.',
      tests: [[tolerance, 'treats as wrong credentials a response with > %s']],
    },
    {
      id: 'B-F36',
      fault: 'A second factor counts as a wrong password.',
      now: 'It is `challenge_required` with the fields to ask for, and counts as nothing.',
      tests: [
        [challenges, 'gets challenge_required with the fields, creates no session and logs nothing'],
        [throttle, 'is not counted: %s'],
      ],
    },
    {
      id: 'B-F37',
      fault: 'A password with `+&=% é 😀` or spaces around it is changed on its way.',
      now: 'It is sent unchanged.',
      tests: [[wholeWay, 'sends a password with +&=% é 😀 and spaces around it unchanged']],
    },
    {
      id: 'B-F38',
      fault: 'A sign-in that is aborted leaves a session that nobody has.',
      now: 'The session is not saved, and its tokens are revoked.',
      tests: [
        [signIn, 'is not saved when the browser aborts before the response; its token is revoked'],
        [
          'packages/bff/test/close.test.ts',
          'are revoked, and the session is removed, when the client leaves while it is saved',
        ],
      ],
    },
    {
      id: 'B-F39',
      fault: 'A log line, an error or a response contains a password, secret, token or cookie.',
      now: 'None does.',
      tests: [
        [
          'packages/bff/test/canary.test.ts',
          'get into no log line, event, metric, span, response or header after %s',
        ],
        [wholeWay, 'reach no log, response, error, storage or other tab when token requests fail'],
      ],
    },
    {
      id: 'B-F40',
      fault: 'A back-channel logout of another issuer ends sessions.',
      now: 'The BFF has no such route.',
      reason: 'It comes with the authorization code flow. A request to it gets 404, like any unknown path.',
    },
    {
      id: 'B-F41',
      fault: 'Behind a proxy, `X-Forwarded` headers of anybody decide the scheme, the host and the address.',
      now: 'They count only from addresses that the option `trustProxy` names.',
      tests: [
        [trustProxy, 'keeps its address, scheme and host, whatever its headers say: %s'],
        [guard, 'is not replaced by X-Forwarded headers'],
        [trustProxy, 'accepts the page at the forwarded host, and sets a cookie for its scheme'],
      ],
    },
    {
      id: 'B-F43',
      fault: 'A change to proxy mode leaves tokens in the browser’s reach, or ends sessions silently.',
      now: 'Sessions continue without their tokens. A change that ends sessions is logged at start.',
      tests: [
        [refresh, 'sends no token to the browser in proxy mode'],
        [
          deployChanges,
          'that changes the address ends sessions, says so, and revokes their tokens on the same host',
        ],
      ],
    },
  ],
}
