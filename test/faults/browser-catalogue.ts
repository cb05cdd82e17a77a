import type { FaultGroup, TestReference } from './fault.ts'

const stories = 'packages/core/test/stories.test.ts'
const tabs = 'packages/core/test/tabs.test.ts'
const time = 'packages/core/test/time.test.ts'
const robustness = 'packages/core/test/robustness.test.ts'
const fetches = 'packages/core/test/authorized-fetch.test.ts'
const dispose = 'packages/core/test/dispose.test.ts'
const clientState = 'packages/core/test/auth-state.test.ts'
const provider = 'packages/react/test/provider.test.tsx'
const gate = 'packages/react/test/gate.test.tsx'
const refresh = 'packages/react/test/refresh.test.tsx'
const loginPage = 'test/browser/login-page.test.ts'
const tokens = 'test/browser/tokens.test.ts'

const anyHistory: TestReference = [
  'packages/core/test/random-histories.test.ts',
  'any history of three tabs > breaks no rule, and ends with what the last act says in every page',
]
const anyOrder: TestReference = ['packages/core/test/orders.test.ts', 'end as the last act says, with %s']
const noLock = 'There is no lock: the BFF makes one grant for concurrent requests (C-F12, C-F30).'

/** The failure catalogue of libraries for single-page applications: each case was seen in at least one of them. */
export const browserCatalogue: FaultGroup = {
  title: 'What goes wrong in other libraries for the browser',
  faults: [
    {
      id: 'C-F1',
      fault: 'A token of 30 days overflows a timer, which fires at once, again and again.',
      now: 'Timers are below 31 bits, and are set again.',
      tests: [
        [stories, 'of 30 days causes a refresh a minute before the end, although no timer is that long'],
        [stories, 'of %s overflows no timer: there is no refresh on the first day'],
      ],
    },
    {
      id: 'C-F2',
      fault: 'A token that lives shorter than the margin is refreshed once a second.',
      now: 'The margin is a third of the lifetime at most.',
      tests: [[stories, 'of 30 seconds causes a refresh every 20 seconds']],
    },
    {
      id: 'C-F3',
      fault: 'A timer that fires a moment too early finds a fresh token, and is not set again.',
      now: 'The timer and the check use one moment, and every change sets the timer.',
      tests: [[clientState, 'the client state > %s'], anyHistory],
    },
    {
      id: 'C-F4',
      fault: 'A missing or odd `expires_in` makes a token immortal, or causes a loop.',
      now: 'An unknown lifetime sets no timer, a 401 refreshes, and a lifetime below ten seconds causes no loop.',
      tests: [
        [stories, 'may be a string of digits'],
        [stories, 'of %i causes no loop: at most one refresh in ten seconds, and every caller gets a token'],
        [stories, 'of %s overflows no timer: there is no refresh on the first day'],
      ],
    },
    {
      id: 'C-F5',
      fault: 'After sleep, requests go out with an expired token.',
      now: 'One refresh happens before the first request.',
      tests: [[stories, 'runs once after eight hours of sleep, before the first request'], anyHistory],
    },
    {
      id: 'C-F6',
      fault: 'A wall clock that is an hour ahead causes a storm of refreshes.',
      now: 'The age of tokens is measured on a monotonic clock.',
      tests: [[stories, '%s does not change when tokens are refreshed']],
    },
    {
      id: 'C-F7',
      fault: 'A wall clock that is behind lets expired tokens reach the API.',
      now: 'As C-F6.',
      tests: [[stories, '%s does not change when tokens are refreshed'], anyHistory],
    },
    {
      id: 'C-F8',
      fault: 'A wall clock that is set back while the page is open makes tokens younger.',
      now: 'It changes nothing, and hides no later sleep.',
      tests: [
        [stories, 'back while the page is open does not extend the life of a token'],
        [time, 'is not used after its end when the clock was set back before the machine slept'],
      ],
    },
    {
      id: 'C-F9',
      fault: 'A hidden tab, whose timers are throttled, misses its refresh.',
      now: 'It refreshes when it becomes visible.',
      tests: [[stories, 'does not run in a hidden tab, and runs when the tab becomes visible again']],
    },
    {
      id: 'C-F10',
      fault: 'A machine that wakes up before its network ends the session.',
      now: 'The page tries again and keeps the session.',
      tests: [[robustness, 'keeps the session and retries, and gets a token when the network is back']],
    },
    {
      id: 'C-F11',
      fault: 'A refresh that fails offline is never tried again.',
      now: 'It runs when the network is back, and the token stays usable until it expires.',
      tests: [[stories, 'waits for the network, and the token stays usable until it expires']],
    },
    {
      id: 'C-F12',
      fault: 'Twenty tabs that wake up together make twenty grants.',
      now: 'They make one. Each tab sends one request to the BFF, at once: its user waits for it.',
      tests: [[tabs, 'cause one grant for twenty tabs']],
    },
    {
      id: 'C-F13',
      fault: 'The back button shows a user who has signed out.',
      now: 'A page from the back-forward cache is hidden until the BFF confirms its session.',
      tests: [
        [stories, 'hides the session of a cached page, and shows it again when the BFF confirms it'],
        [gate, 'removes the children when no user is signed in after the back-forward cache'],
        [loginPage, 'shows no data of a user who signed out in another tab'],
      ],
    },
    {
      id: 'C-F14',
      fault: 'A hundred callers with an expired token cause a hundred refreshes.',
      now: 'They share one.',
      tests: [[stories, 'causes one grant for 100 callers in each of 3 tabs with an expired token']],
    },
    {
      id: 'C-F15',
      fault: 'In an outage every caller causes a request.',
      now: 'The rate has a limit, whatever callers and the focus do, for sign-outs too.',
      tests: [
        [
          'packages/core/test/outage.test.ts',
          'of ten minutes costs at most 45 requests, although a caller asks every second, and ends no session',
        ],
        [tabs, 'is not sent once for each time that the page gets the focus'],
        anyHistory,
      ],
    },
    {
      id: 'C-F16',
      fault: 'A forced refresh and a silent one spend the same refresh token twice.',
      now: 'The forced one joins the running one.',
      tests: [
        [fetches, 'with forceRefresh joins a running refresh: one grant, and the new token for both callers'],
      ],
    },
    {
      id: 'C-F17',
      fault: 'A tab that is closed during its refresh blocks the others.',
      now: 'Tabs do not wait for each other.',
      tests: [[tabs, 'do not wait for a tab that is closed during its refresh']],
    },
    {
      id: 'C-F18',
      fault: 'A refresh that hangs makes every caller wait without end.',
      now: 'Every caller has a result within ten seconds.',
      tests: [
        [
          stories,
          'rejects every caller within ten seconds when it hangs, and the next call sends a new request',
        ],
      ],
    },
    {
      id: 'C-F19',
      fault: 'A refresh whose lock was stolen commits its result.',
      now: 'The result of an ended session is dropped.',
      tests: [[stories, 'during a refresh drops the token that arrives later'], anyHistory],
    },
    {
      id: 'C-F20',
      fault: 'A time limit that passed during sleep counts as a lost session.',
      now: 'It is a network error.',
      tests: [[robustness, 'a request that timed out meanwhile does not end the session']],
    },
    {
      id: 'C-F21',
      fault: 'Without storage and channels, as in private windows, nothing works.',
      now: 'One tab works completely, and more tabs look at the session when they are shown.',
      tests: [
        [stories, 'works without storage and channels'],
        [time, 'are made up for when it is shown, where tabs cannot exchange messages'],
        anyOrder,
        anyHistory,
      ],
    },
    {
      id: 'C-F22',
      fault: 'A tab that does not get the lock spins.',
      now: 'No tab waits for another one.',
      reason: noLock,
    },
    {
      id: 'C-F23',
      fault: 'A refresh that throws keeps the lock.',
      now: 'No tab waits for another one.',
      reason: noLock,
    },
    {
      id: 'C-F24',
      fault: 'A listener that asks for a token waits for itself.',
      now: 'It gets the token.',
      tests: [
        [stories, 'lets a listener get a token'],
        [robustness, 'may sign out while it is called, and every listener gets the final state last'],
        [robustness, 'succeeds when a token listener sends it'],
      ],
    },
    {
      id: 'C-F25',
      fault: 'A valid token costs a lock and milliseconds.',
      now: 'It costs no request and no timer. `bench/` measures the time.',
      tests: [[fetches, 'returns a valid token without a request and without a timer']],
    },
    {
      id: 'C-F26',
      fault: 'A tab does not see the token that another one has stored, and spends the old one.',
      now: 'No token is in a storage; the BFF numbers the tokens, and the older one never replaces the newer one.',
      tests: [
        [clientState, 'keeps the newest token of a session, and starts a new epoch with another session'],
        anyHistory,
      ],
    },
    {
      id: 'C-F27',
      fault: 'A 408, a 429, an HTML page or a captive portal ends the session.',
      now: 'Only `login_required` of the BFF does.',
      tests: [
        [clientState, 'ends a session after login_required and after no other error'],
        [robustness, '(%s) does not end the session'],
        [stories, 'stays restoring with an error while it %s, and recovers'],
      ],
    },
    {
      id: 'C-F28',
      fault: '`Retry-After` is ignored, or its date is not understood.',
      now: 'Both forms are obeyed, for ten minutes at most.',
      tests: [
        [stories, 'obeys a 429 with Retry-After as %s'],
        [time, 'of %s keeps a page for ten minutes, not longer'],
      ],
    },
    {
      id: 'C-F29',
      fault: 'A rejected refresh token ends a session whose access token would be valid for another minute.',
      now: 'So it does here, at once: the BFF has ended the session, so the page no longer uses its token. An outage ends nothing.',
      tests: [
        [stories, '(%s) expires the page and keeps its user'],
        [stories, 'waits for the network, and the token stays usable until it expires'],
      ],
    },
    {
      id: 'C-F30',
      fault: 'A refresh token that another tab has spent signs the user out.',
      now: 'The BFF makes one grant for all callers.',
      tests: [
        [
          'test/protocol/refresh.test.ts',
          '42 sends one request for all callers of three BFFs with one store',
        ],
      ],
    },
    {
      id: 'C-F31',
      fault: '`invalid_client` and `invalid_request` look like an expired session.',
      now: 'They are `server_error`, and end no session.',
      tests: [
        [
          'test/protocol/errors.test.ts',
          '34 turns 401 invalid_client with a Basic challenge into server_error, without the challenge',
        ],
        ['test/protocol/errors.test.ts', '37 reads %s as a configuration error, and keeps the refresh token'],
      ],
    },
    {
      id: 'C-F32',
      fault: 'A response without a refresh token loses the one there was.',
      now: 'It is kept.',
      tests: [
        ['test/protocol/success-response.test.ts', '29 keeps the refresh token when a refresh returns none'],
      ],
    },
    {
      id: 'C-F33',
      fault: 'A response that is lost after the rotation loses the session.',
      now: 'The BFF tries again, and ends the session with a reason only when the authorization server does.',
      tests: [
        [
          'test/stories/whole-way.test.ts',
          'during a page load keeps the session, which gets a token after the outage',
        ],
      ],
    },
    {
      id: 'C-F34',
      fault: 'A page that is loaded offline looks signed out.',
      now: 'It is `restoring`, says why, and recovers by itself.',
      tests: [[stories, 'stays restoring with an error while it %s, and recovers'], anyHistory],
    },
    {
      id: 'C-F35',
      fault: 'A caller who is offline waits 25 seconds.',
      now: 'It is rejected at once.',
      tests: [[stories, 'rejects a caller at once while the restore waits for its next attempt']],
    },
    {
      id: 'C-F36',
      fault: 'All clients of an outage come back once a second, together.',
      now: 'They back off with jitter.',
      tests: [
        [
          'packages/core/test/outage.test.ts',
          'of ten minutes costs at most 45 requests, although a caller asks every second, and ends no session',
        ],
        [tabs, 'retry at different times during an outage'],
        [
          'packages/core/test/clock.test.ts',
          'of the timer doubles up to one minute, scales with the random number, and is at least 250 ms',
        ],
      ],
    },
    {
      id: 'C-F37',
      fault: 'A token that arrives after the sign-out signs the user in again.',
      now: 'It is dropped.',
      tests: [
        [stories, 'during a refresh drops the token that arrives later'],
        [
          'test/stories/whole-way.test.ts',
          'during a refresh ends the session in the page, at the BFF and after a reload',
        ],
        anyHistory,
      ],
    },
    {
      id: 'C-F38',
      fault: 'A user gets the token of the previous user, whose refresh was running.',
      now: 'A request belongs to one user.',
      tests: [
        [stories, 'during a refresh never delivers the token of the previous user'],
        ['packages/core/test/owner.test.ts', 'is not sent with the token of another user when %s'],
        anyHistory,
      ],
    },
    {
      id: 'C-F39',
      fault: 'A sign-out offline never reaches the server.',
      now: 'It is repeated until the BFF confirms it, also after a reload.',
      tests: [
        [stories, 'offline survives a reload, and reaches the BFF when the network is back'],
        [tabs, 'is repeated until the BFF is well again, %s'],
        [tabs, 'is not forgotten when the message of the sign-in before it arrives late'],
        anyOrder,
        anyHistory,
      ],
    },
    {
      id: 'C-F40',
      fault: 'Two tabs that sign out together cause a loop.',
      now: 'The state changes once in each.',
      tests: [[tabs, 'in two tabs at once changes the state once in each and causes no loop']],
    },
    {
      id: 'C-F41',
      fault: 'A guard signs in again and again, without the user.',
      now: 'Nothing signs in by itself, and responses that contradict each other cause no loop.',
      tests: [
        [time, 'cause no storm: a restore without a token, and session_changed for each token request'],
        [time, 'causes no storm: the page tries again as after every failure'],
      ],
    },
    {
      id: 'C-F42',
      fault: 'A refresh renders every component that reads the user.',
      now: 'It renders those that show the token.',
      tests: [
        [
          refresh,
          'renders none of 1,000 components that read status and user, and renders the component with the token once',
        ],
        [tokens, 'is refreshed once before it expires, and only the component that shows it renders again'],
      ],
    },
    {
      id: 'C-F43',
      fault: 'A parent that renders also renders every consumer.',
      now: 'It does not.',
      tests: [[provider, 'does not render a consumer when its parent renders']],
    },
    {
      id: 'C-F44',
      fault: 'A refresh unmounts the children of the gate.',
      now: 'They stay mounted.',
      tests: [[gate, 'keeps the children mounted during a refresh']],
    },
    {
      id: 'C-F45',
      fault: '`getAccessToken` is another function after each render.',
      now: 'Functions keep their identity.',
      tests: [[refresh, 'keeps the identity of the functions and the user, and runs none of their effects']],
    },
    {
      id: 'C-F46',
      fault: 'The user is another object after each refresh.',
      now: 'The object of an equal user stays, whatever the schema creates.',
      tests: [
        [refresh, 'keeps the identity of the functions and the user, and runs none of their effects'],
        [
          'packages/core/test/user.test.ts',
          '(%s) restores, keeps the object of an equal user, and shows a change',
        ],
      ],
    },
    {
      id: 'C-F47',
      fault: 'StrictMode starts two requests and two timers, and leaves one.',
      now: 'There is one of each, and none is left.',
      tests: [
        [
          provider,
          'sends one request, sets one timer and one set of listeners, and removes them when it unmounts',
        ],
      ],
    },
    {
      id: 'C-F48',
      fault: 'A provider with a new client leaves the old one running.',
      now: 'It unsubscribes, and `dispose()` is the end.',
      tests: [
        [provider, 'unsubscribes from a client when it gets another one'],
        [dispose, 'ends %s, and nothing follows'],
      ],
    },
    {
      id: 'C-F49',
      fault: 'Server rendering warns, or mixes the users of two requests.',
      now: 'It does neither, and a call that needs a browser rejects.',
      tests: [
        ['packages/react/test/server.test.tsx', 'shares no state between concurrent renders'],
        [
          'packages/react/test/hydration.test.tsx',
          'keeps the page of a signed-in user, and then renders the token',
        ],
        ['packages/core/test/server.test.ts', '%s rejects with an AuthError that says what to do'],
      ],
    },
    {
      id: 'C-F50',
      fault: 'The page notices the end of its session only when it calls something.',
      now: 'It notices by itself.',
      tests: [[provider, 'notices the end of a session without a call from the page']],
    },
    {
      id: 'C-F51',
      fault: 'The focus on a tab causes requests, events and renders.',
      now: 'It causes none while the token is valid.',
      tests: [
        [refresh, 'does not run, and no component renders, when a page with a valid token gets the focus'],
        [stories, 'does not run when a tab with a valid token gets the focus'],
        [time, 'are not asked for when a page that was loaded long ago gets the focus'],
      ],
    },
    {
      id: 'C-F52',
      fault: 'Components show different tokens during a transition.',
      now: 'They show one.',
      tests: [
        [
          'packages/react/test/transition.test.tsx',
          'renders one token in all components when a refresh happens during a transition',
        ],
      ],
    },
    {
      id: 'C-F53',
      fault: 'A hook outside a provider returns a default in silence.',
      now: 'It throws an error that names the remedy.',
      tests: [[provider, 'outside AuthProvider > %s throws an error that names it and the remedy']],
    },
    {
      id: 'C-F54',
      fault: 'Two requests with one token, whose 401s arrive apart, cause two refreshes.',
      now: 'The second one uses the new token.',
      tests: [[fetches, '56 retries with the current token when another request has refreshed it meanwhile']],
    },
    {
      id: 'C-F55',
      fault: 'A second 401 causes a loop.',
      now: 'The caller gets it.',
      tests: [[fetches, '55 returns a second 401 to the caller without another attempt']],
    },
    {
      id: 'C-F56',
      fault: '`insufficient_scope` causes a refresh, or one of several challenges is overlooked.',
      now: 'All challenges are read as RFC 9110 defines them.',
      tests: [[fetches, '57 with the challenge %s sends %i refreshes']],
    },
    {
      id: 'C-F57',
      fault: 'An absolute URL of another origin gets the token.',
      now: 'Only the own origin and those in `allow` do, however the URL is written.',
      tests: [
        [fetches, '53 sends no token to %s'],
        [fetches, 'rejects the allow entry %j, which is not an origin'],
        [tokens, 'receives no token, neither directly nor when the API redirects to it'],
      ],
    },
    {
      id: 'C-F58',
      fault: 'A redirect takes the token to another origin.',
      now: 'Browsers remove it, which tests in three browsers watch.',
      tests: [
        [tokens, 'receives no token, neither directly nor when the API redirects to it'],
        [
          'test/other-browsers/other-browsers.test.ts',
          'another origin receives no token, neither directly nor when the API redirects to it',
        ],
      ],
    },
    {
      id: 'C-F59',
      fault: 'A body is "already used" when its request is repeated.',
      now: 'Every body but a stream is sent again.',
      tests: [
        [fetches, 'sends a body of %s again'],
        [fetches, 'sends form data with a file again'],
        [fetches, '60 sends the body of a Request again'],
        [fetches, '60 returns the 401 when the body was a stream, and refreshes for the next request'],
      ],
    },
    {
      id: 'C-F60',
      fault: 'A caller who gives up aborts the refresh for all, or waits on.',
      now: 'It alone is rejected.',
      tests: [
        [fetches, '60 rejects this caller, and not the others that wait for the same refresh'],
        [fetches, '60 aborts a pending request'],
        [fetches, 'has no listeners left after a thousand waits'],
      ],
    },
    {
      id: 'C-F61',
      fault: 'A request that is sent during a refresh waits for itself.',
      now: 'It succeeds.',
      tests: [[robustness, 'succeeds when a token listener sends it']],
    },
    {
      id: 'C-F62',
      fault: "The caller's own `Authorization` is replaced.",
      now: 'It is sent unchanged.',
      tests: [
        [
          fetches,
          '54 sends a request with its own Authorization unchanged, and does not retry it after a 401',
        ],
      ],
    },
    {
      id: 'C-F63',
      fault: 'The password of a failed sign-in is in an error, a context or a log.',
      now: 'It is in none.',
      tests: [
        [stories, 'rejects a wrong password with invalid_credentials and keeps the state'],
        [
          'test/stories/whole-way.test.ts',
          'reach no log, response, error, storage or other tab when token requests fail',
        ],
      ],
    },
    {
      id: 'C-F64',
      fault: 'A refresh token is in a message between tabs, or in a storage.',
      now: 'Messages contain a session id, and the browser has no refresh token.',
      tests: [
        [stories, 'returns the session, provides the token, and sends only the session id to other tabs'],
        [loginPage, 'stores only cookies that scripts cannot read'],
        [loginPage, 'finds no token, password or client secret in URLs, pages and other responses'],
      ],
    },
    {
      id: 'C-F65',
      fault: 'A response of another shape is printed.',
      now: 'It is in no error.',
      tests: [[robustness, 'appears in no error']],
    },
  ],
}

/** What a model of three tabs found, and the rest of the audit of the browser side. */
export const browserModel: FaultGroup = {
  title: 'What random histories of three tabs found',
  faults: [
    {
      id: 'C-M1',
      fault:
        'A late message of a sign-in cancelled the sign-out that came after it, which then never reached the BFF.',
      now: 'A message cancels no sign-out of its own session, and none that the storage contains.',
      tests: [[tabs, 'is not forgotten when the message of the sign-in before it arrives late'], anyHistory],
    },
    {
      id: 'C-M2',
      fault: 'A sign-out that a restoring tab heard while its schema read the user was undone.',
      now: 'The session is looked at after the schema.',
      tests: [[tabs, 'is not undone by a response whose user a restoring tab is parsing'], anyHistory],
    },
    {
      id: 'C-M3',
      fault:
        'A sign-in was aborted after its cookie had arrived, the next one failed, and the page stayed signed out.',
      now: 'The page asks the BFF, and tells the other tabs.',
      tests: [
        [tabs, 'that %s replaces another one shows in all tabs the session whose cookie has arrived'],
        anyHistory,
      ],
    },
    {
      id: 'C-M4',
      fault:
        'A client whose first use was `extend()` did not make up for messages; and an attempt to do so that failed was the last one.',
      now: 'Both are made up for.',
      tests: [
        [time, 'are made up for by the first subscriber, when extend() was the first use of the client'],
        [time, 'are made up for when the network is back, if the first attempt fails'],
        anyHistory,
      ],
    },
    {
      id: 'C-M5',
      fault: 'When grants took longer than tokens live, the page asked for the next token without a pause.',
      now: 'A token response without a valid token is a failure, with backoff.',
      tests: [[time, 'causes no storm: the page tries again as after every failure'], anyHistory],
    },
    {
      id: 'C-M6',
      fault: 'A sign-out in a tab with an earlier session replaced the pending sign-out of the later one.',
      now: 'Of two that are pending, the request ends the session of the cookie.',
      tests: [
        [tabs, 'is not replaced by a sign-out of an earlier session, in a tab that has missed the messages'],
        anyHistory,
      ],
    },
    {
      id: 'C-M7',
      fault:
        'The response to a sign-in that reached a page in the back-forward cache cancelled the sign-out of that session.',
      now: 'A sign-out wins over a sign-in that began before it, also when only the storage knows of it.',
      tests: [
        [
          tabs,
          'does not outlive a later sign-out in another tab (%s), whose message it has not got, while %s',
        ],
        anyHistory,
      ],
    },
    {
      id: 'C-M8',
      fault:
        'A page that stood still for 20 minutes during a sign-in showed the session of the late response, which had ended meanwhile.',
      now: 'A response to a sign-in that takes longer than ten seconds counts as lost, and the page asks the BFF.',
      tests: [
        [
          time,
          'a sign-in whose response arrives after the machine slept > shows no session that has ended meanwhile, in %s mode',
        ],
        anyHistory,
      ],
    },
    {
      id: 'C-C2',
      fault: 'See C-G6.',
      now: 'See C-G6.',
      tests: [[time, 'of %s keeps a page for ten minutes, not longer']],
    },
    {
      id: 'C-C5',
      fault: 'See C-G7.',
      now: 'See C-G7.',
      tests: [
        ['packages/core/test/user.test.ts', 'rejects the sign-in with the issue, and a reload is signed out'],
      ],
    },
    {
      id: 'C-C6',
      fault:
        'With a provider whose tokens only a keep-alive request prolongs, a tab that is hidden longer than that expires.',
      now: 'So it does: hidden tabs send nothing.',
      reason:
        'Decision 0022: timers of hidden tabs differ between browsers, and a session must not end at random.',
    },
    {
      id: 'C-D5',
      fault: 'Data clients were only said to work with `auth.fetch`.',
      now: 'Each is tested with its package: a POST through a 401, and a caller who is signed out.',
      tests: [
        ['test/data-clients/data-clients.test.ts', 'sends a POST again with its body after one refresh'],
        [
          'test/data-clients/data-clients.test.ts',
          'rejects a signed-out caller with login_required, and sends nothing to the API',
        ],
      ],
    },
    {
      id: 'C-D6',
      fault: 'A `blob:` URL of the own origin needed a user.',
      now: 'It needs none.',
      tests: [
        ['packages/core/test/blob-url.test.ts', 'auth.fetch of %s sends no token and needs no session'],
      ],
    },
    {
      id: 'C-D8',
      fault: '`mode: "no-cors"` costs a refresh after a 401.',
      now: 'Unchanged.',
      reason:
        'Browsers remove the token of a no-cors request in silence, so that such a request cannot work.',
    },
    {
      id: 'C-D7',
      fault: 'In Node, an async iterable as a body is empty in the second send.',
      now: 'Unchanged.',
      reason: 'The client runs in browsers, which have no such body.',
    },
    {
      id: 'C-E4',
      fault: 'Portals stay visible and usable beside `expired`, and after the back button.',
      now: 'Decision 0022 says why, and docs/options.md how to render them inside the gate.',
      tests: [
        [
          'packages/react/test/portal.test.tsx',
          'is inert after the session expired, and usable after the same user signed in, with what was typed',
        ],
      ],
    },
  ],
}
