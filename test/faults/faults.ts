import { browserCatalogue, browserModel } from './browser-catalogue.ts'
import type { FaultGroup } from './fault.ts'
import { otherRuntimes } from './runtimes.ts'
import { serverCatalogue } from './server-catalogue.ts'
import { signInThrottle } from './sign-in-throttle.ts'

const diagnosis = 'packages/core/test/diagnosis.test.ts'
const firstPage = 'test/first-page/first-page.test.ts'
const documents = 'test/first-page/documents.test.ts'
const provider = 'packages/react/test/provider.test.tsx'
const vite = 'packages/bff/test/vite.test.ts'
const warnings = 'packages/bff/test/warnings.test.ts'
const proxyHeaders = 'packages/bff/test/proxy-headers.test.ts'
const proxyStreams = 'packages/bff/test/proxy-streams.test.ts'
const proxyUpstreams = 'test/stories/proxy-upstreams.test.ts'
const adapters = 'packages/bff/test/adapters.test.ts'
const openStreams = 'packages/bff/test/open-streams.test.ts'
const openStreamsStory = 'test/stories/open-streams.test.ts'
const webSockets = 'test/stories/web-sockets.test.ts'
const proxiedResources = 'test/browser/proxied-resources.test.ts'
const node = 'packages/bff/test/node.test.ts'
const guard = 'packages/bff/test/guard.test.ts'
const optionIssues = 'packages/bff/test/option-issues.test.ts'
const embeddedStore = 'packages/bff/test/stores/embedded.test.ts'
const entryModule = 'test/doctor/entry-module.test.ts'

const doctor = 'packages/bff/test/doctor.test.ts'
const tolerance = 'packages/bff/test/response-tolerance.test.ts'
const thirdPartyDoctor = 'test/doctor/third-party-servers.test.ts'
const conformance = 'test/conformance/conformance.test.ts'
const oddServers = 'test/conformance/odd-servers.test.ts'
const timeLimits = 'packages/bff/test/time-limits.test.ts'
const chaos = 'test/chaos/chaos.test.ts'
const takeover = 'packages/bff/test/takeover.test.ts'
const refresh = 'packages/bff/test/refresh.test.ts'
const close = 'packages/bff/test/close.test.ts'
const clockChanges = 'packages/bff/test/clock-changes.test.ts'
const deployChanges = 'packages/bff/test/deploy-changes.test.ts'

export const groups: readonly FaultGroup[] = [
  {
    title: 'The first hour of a new user',
    faults: [
      {
        id: 'N-A',
        fault: 'With React 18, the form of the README put the password into the address.',
        now: 'Every form in the documents submits by POST and handles `onSubmit`, with React 18 and 19.',
        tests: [
          [firstPage, 'submits by POST without its script, so that the password is not in the address'],
          [documents, 'submits by POST and with a handler, never with an action: %s'],
        ],
      },
      {
        id: 'N-B',
        fault: 'With React 19, a wrong password blanked the page of the README.',
        now: 'The form shows a sentence and keeps the username.',
        tests: [
          [
            firstPage,
            'shows a sentence for a wrong password, keeps the username, and puts nothing into the address',
          ],
        ],
      },
      {
        id: 'N-C',
        fault: 'The documented form for a second factor emptied its fields, and could not work.',
        now: 'The form keeps its fields and sends the code with the name of the challenge.',
        tests: [[firstPage, 'asks for a second factor, with the server of docs/providers.md']],
      },
      {
        id: 'N-D',
        fault: 'Git did not ignore the `.env` that the example told users to write.',
        now: 'The documents say `.env.local`, and git ignores both in the repository, the example and the template.',
        tests: [
          ['test/repository.test.ts', 'git > ignores the files for client secrets: %s.env'],
          ['test/repository.test.ts', 'git > ignores them in a copy of %s as well'],
          [firstPage, "is in a template whose .gitignore covers the README's credentials and both builds"],
        ],
      },
      {
        id: 'N-E',
        fault: 'On plain http the browser dropped the session cookie, and neither side said a word.',
        now: 'The BFF warns in its log, and the page on the console of a development build.',
        tests: [
          [diagnosis, 'reports once that the browser dropped the session cookie of a page loaded %s'],
          [warnings, 'the warning about plain http > is logged for a sign-in at %s'],
        ],
      },
      {
        id: 'N-F',
        fault: 'A server in mode `proxy` and a page in mode `token` failed with a wrong reason.',
        now: 'The BFF says its mode in every response about a session, and the page has no option for it.',
        tests: [
          ['packages/core/test/mode.test.ts', 'adopts the modes %s, %s, %s and %s of the responses'],
          [
            'packages/bff/test/wire-contract.test.ts',
            'isSessionResponse > accepts exactly the bodies that the schema accepts',
          ],
        ],
      },
      {
        id: 'N-G',
        fault: 'The example did not start outside the repository.',
        now: 'A copy installs, compiles, builds and serves.',
        tests: [
          ['test/package/examples.test.ts', 'a copy of the example %s > builds'],
          ['test/package/examples.test.ts', 'serves the page, its modules and the BFF in development'],
        ],
      },
      {
        id: 'N-H',
        fault: 'The tests failed in a folder with a space in its name.',
        now: 'No path comes from `URL.pathname`, and no command runs through a shell.',
        tests: [
          [
            'test/repository.test.ts',
            'takes no path from URL.pathname, which is wrong on Windows and in folders with a space',
          ],
          ['test/repository.test.ts', 'starts no command through a shell, which splits arguments at spaces'],
        ],
      },
      {
        id: 'N-I',
        fault: "The README's request to the API got the page's own HTML with status 200.",
        now: 'The README has a `proxy` route, and proxy routes work in both modes.',
        tests: [[firstPage, 'signs in, shows data, and stays signed in after a reload']],
      },
      {
        id: 'N-J',
        fault: 'Without a BFF, or with a wrong `basePath`, the page stayed in `restoring` in silence.',
        now: 'Development builds say once on the console what responded, and what to add.',
        tests: [[diagnosis, 'a development build > reports once %s']],
      },
    ],
  },
  {
    title: 'Mistakes that a user makes',
    faults: [
      {
        id: 'N-5.1',
        fault: 'A hook outside a provider threw an error that did not name it.',
        now: 'Each hook and the gate name themselves and what to render.',
        tests: [
          [provider, 'outside AuthProvider > %s throws an error that names it and the remedy'],
          [provider, 'outside AuthProvider > AuthGate throws an error that names it and the remedy'],
        ],
      },
      {
        id: 'N-5.2',
        fault: 'A missing BFF was not reported.',
        now: 'See N-J.',
        tests: [[diagnosis, 'a development build > reports once %s']],
      },
      {
        id: 'N-5.3',
        fault: 'A wrong `basePath` was not reported.',
        now: 'See N-J.',
        tests: [[diagnosis, 'a development build > reports once %s']],
      },
      {
        id: 'N-5.4',
        fault:
          'When the module of the BFF could not be loaded, the page was blank and the terminal repeated a stack.',
        now: "Vite's error overlay shows the reason, and the terminal says it once.",
        tests: [[vite, 'shows the reason once in the terminal, and in the error overlay of every page']],
      },
      {
        id: 'N-5.5',
        fault: 'None: a wrong client secret was explained in the log.',
        now: 'It still is, and `latchkey doctor` tells a wrong secret from a wrong authentication method.',
        tests: [
          ['test/doctor/third-party-servers.test.ts', 'the doctor before $name > finds a wrong secret'],
        ],
      },
      {
        id: 'N-5.6',
        fault:
          'Options that were missing, misspelt or of a wrong type brought messages of the schema library.',
        now: 'Each message names the option, what came, what is expected and the nearest known name.',
        tests: [
          [
            'packages/bff/test/option-issues.test.ts',
            'a name with one typo > of an option of createBff gets the right suggestion',
          ],
          [
            'packages/bff/test/option-issues.test.ts',
            'the message of an option > %s says what came and what would be right: %o',
          ],
          [
            'packages/bff/test/option-issues.test.ts',
            'a file with several mistakes > gets a misspelt preset although other members are wrong as well',
          ],
        ],
      },
      {
        id: 'N-5.7',
        fault: '`proxy` without `mode: "proxy"` was refused.',
        now: 'Proxy routes work in both modes.',
        tests: [
          [
            'test/stories/proxy-in-token-mode.test.ts',
            'reads and writes through the BFF; only writes send X-Latchkey, and the API gets the token without the cookie',
          ],
        ],
      },
      {
        id: 'N-5.8',
        fault: '`mode: "proxy"` without routes started in silence.',
        now: 'The BFF warns at start and says what to write.',
        tests: [[warnings, 'the warning about proxy mode without proxy routes > is logged at start']],
      },
      {
        id: 'N-5.9',
        fault: 'A page and a server with different modes failed with a wrong reason.',
        now: 'See N-F.',
        tests: [['packages/core/test/mode.test.ts', 'adopts the modes %s, %s, %s and %s of the responses']],
      },
      {
        id: 'N-5.10',
        fault: 'A request to an API outside `allow` failed without a reason.',
        now: 'Development builds say once that the token was not sent, and how to allow the origin.',
        tests: [
          [
            diagnosis,
            'reports once that an origin is not in `allow`, unless the request has its own Authorization header',
          ],
        ],
      },
      {
        id: 'N-5.11',
        fault: 'An entry of `allow` without a scheme threw "Invalid URL", and a path in it was ignored.',
        now: 'The error names `allow`, the entry and an example.',
        tests: [
          [
            'packages/core/test/authorized-fetch.test.ts',
            'rejects the allow entry %j, which is not an origin',
          ],
        ],
      },
      {
        id: 'N-5.12',
        fault: 'The documents did not say that an API with CORS must allow the header `Authorization`.',
        now: 'docs/api.md says so, and the sandbox plays such an API.',
        tests: [
          ['packages/sandbox/test/cors.test.ts', 'cors: true > allows any page to send Authorization to %s'],
        ],
      },
      {
        id: 'N-5.13',
        fault: 'A blocked or stripped cookie showed nothing until the next reload.',
        now: 'Development builds say so after the sign-in.',
        tests: [
          [diagnosis, 'reports once that the browser dropped the session cookie of a page loaded %s'],
          [
            diagnosis,
            'does not report a lost cookie when the browser keeps it, or when the user signs out at once',
          ],
        ],
      },
      {
        id: 'N-5.14',
        fault: 'Plain http in production showed nothing.',
        now: 'See N-E.',
        tests: [[warnings, 'the warning about plain http > is logged for a sign-in at %s']],
      },
      {
        id: 'N-5.15',
        fault: 'Two copies of a package brought an error about a missing provider.',
        now: 'Development builds name the two copies and the command that lists them.',
        tests: [
          [diagnosis, 'reports once that two copies of the package are loaded'],
          [provider, 'outside AuthProvider > %s throws an error that names it and the remedy'],
        ],
      },
      {
        id: 'N-5.16',
        fault: 'Wrong names of credentials brought `invalid_request` without a reason.',
        now: "`AuthError.message` ends with the BFF's description, and the log has a line.",
        tests: [
          [diagnosis, 'puts the error_description of the BFF into the message of an AuthError'],
          [warnings, 'unknown credential fields > are rejected with the expected names, and logged once'],
        ],
      },
      {
        id: 'N-5.17',
        fault: '`@latchkey/bff` in browser code failed with "process is not defined".',
        now: 'It throws a sentence that says where it belongs.',
        tests: [
          ['test/package/bff.test.ts', 'stops a built page with a message that says where it belongs'],
          ['test/package/bff.test.ts', 'stops a page of the development server in the same way'],
        ],
      },
      {
        id: 'N-5.18',
        fault: '`latchkey doctor` read neither the `server/auth.ts` of the README nor `.env`.',
        now: 'It finds and reads both.',
        tests: [[entryModule, 'finds the module, reads .env files, and expands their values as Vite does']],
      },
      {
        id: 'N-5.19',
        fault: 'None: an `Origin` that a proxy changed was explained in the log.',
        now: 'It still is, with the setting of nginx and the option `origin`.',
        tests: [
          [
            'packages/bff/test/guard.test.ts',
            'the option `origin` > is recommended in the log when a proxy changes the host',
          ],
        ],
      },
      {
        id: 'C-E1',
        fault: 'A client that was created during render started a session with every render, in silence.',
        now: 'Development builds say once that a second client for the base path exists.',
        tests: [
          [
            diagnosis,
            'reports once that a second client for the same base path exists, unless the first was disposed',
          ],
        ],
      },
      {
        id: 'C-E2',
        fault: 'A hot update of the module that creates the client replaced it in silence.',
        now: 'The same message names hot updates and the line that reloads the page; the README keeps the client in a module of its own.',
        tests: [
          [
            diagnosis,
            'reports once that a second client for the same base path exists, unless the first was disposed',
          ],
        ],
      },
      {
        id: 'C-E3',
        fault: '`<AuthProvider>` without a client failed with "Cannot read properties of undefined".',
        now: 'It throws a sentence.',
        tests: [[provider, 'AuthProvider without a client throws an error that names the remedy']],
      },
    ],
  },
  {
    title: 'The edge of the BFF',
    faults: [
      {
        id: 'B-E1.1a',
        fault: 'Another spelling of a path (`/api/%6cedger/1`) got the methods of a broader route.',
        now: 'A path also needs the methods of every narrower route that a server could read in it.',
        tests: [
          [
            'packages/bff/test/fuzz/allow-list.test.ts',
            'sends no server a method that the list denies for the resource that this server reads in the path',
          ],
          [
            proxyUpstreams,
            'lets no spelling of a path and no header write through a read-only route of a WSGI server',
          ],
          [proxyUpstreams, 'lets no spelling of a path write through a read-only route of nginx'],
        ],
      },
      {
        id: 'B-E1.1b',
        fault: 'Headers with `_` passed, and WSGI servers read them as the removed ones.',
        now: 'A name with `_` never passes.',
        tests: [
          [proxyHeaders, 'has no %s, which is not on the list'],
          [
            proxyUpstreams,
            'lets no spelling of a path and no header write through a read-only route of a WSGI server',
          ],
        ],
      },
      {
        id: 'B-E1.1c',
        fault: 'Identity headers passed that were not on the list of removed ones.',
        now: 'Request headers pass by a list, and a route can name more.',
        tests: [
          [proxyHeaders, 'has no %s, which is not on the list'],
          [proxyHeaders, 'has the headers that its route names, and another route does not'],
        ],
      },
      {
        id: 'B-E1.3',
        fault: '`response.user` above the tokens gave the page the refresh token, in silence.',
        now: 'Such descriptions stop the server at start, and responses are compared with the tokens.',
        tests: [
          [
            'packages/bff/test/bad-description.test.ts',
            'a description is rejected with the member and the fix > for %s',
          ],
          [
            'packages/bff/test/fuzz/token-leaks.test.ts',
            'carries no refresh token and no ID Token, and in proxy mode no access token, whatever the description is',
          ],
        ],
      },
      {
        id: 'B-E1.4a',
        fault: 'An upload of more than 30 seconds always failed with 503.',
        now: 'The time limit counts from the end of the upload, and each route can set it.',
        tests: [[proxyStreams, 'counts the time limit of its route from the end of the upload']],
      },
      {
        id: 'B-E2.12',
        fault: 'A sign-out everywhere missed sessions whose username was typed as `Alice` or with a space.',
        now: 'Without an id of the user, all spellings of a username are one user: case, width and spaces around it.',
        tests: [
          [
            'packages/bff/test/session.test.ts',
            'with everywhere ends all sessions of this user and no others',
          ],
          [
            'packages/bff/test/sign-in.test.ts',
            'has the same subject when the username is typed as %j and the response has no id',
          ],
        ],
      },
      {
        id: 'B-E2.17',
        fault: 'The proxy decoded compressed responses, and the browser got twelve times the bytes.',
        now: 'On Node, bodies pass as they come.',
        tests: [[proxyStreams, 'forwards compressed bodies, and ranges unchanged']],
      },
      {
        id: 'B-E1.4c',
        fault: 'Browsers lost the response to a refused upload of some megabytes, or got it after seconds.',
        now: 'The rest of the upload is read and dropped, and the connection goes on serving.',
        tests: [[proxyStreams, 'responds to an upload that is refused by %s, and goes on serving']],
      },
      {
        id: 'B-E2.10',
        fault:
          'A status above 599 or a reason phrase with other letters became a 500, and leaked the connection.',
        now: 'The status becomes a 502, the reason phrase is left out, and the connection is closed.',
        tests: [[proxyStreams, 'forwards %s']],
      },
      {
        id: 'B-E2.19',
        fault: 'A malformed header of a resource server blocked the process for a quarter of a second.',
        now: 'Header lists are read in linear time, and longer ones than 4096 characters are ignored.',
        tests: [
          [
            'packages/bff/test/header-list.test.ts',
            'reads thousands of malformed headers of a resource server in linear time',
          ],
        ],
      },
      {
        id: 'B-E2.20a',
        fault: 'The API got `Content-Encoding: gzip` with a body that a parser had decompressed.',
        now: 'The header is removed with the compression.',
        tests: [
          [
            'packages/bff/test/node.test.ts',
            'does not call a body compressed that a parser has decompressed',
          ],
        ],
      },
      {
        id: 'B-E2.18',
        fault: 'Bodies that trickled in held their connections for minutes.',
        now: 'A body of a route of Latchkey gets 408 after 10 seconds, and the connection is closed.',
        tests: [
          [adapters, 'responds with 408 to a body of its own routes that takes too long'],
          [node, 'closes the connection of a client that takes too long with its body'],
          [node, 'reads the remainder of a refused body, up to a time limit'],
        ],
      },
      {
        id: 'B-E2.20b',
        fault: 'A request with several `Host` headers was accepted by its first.',
        now: 'It gets 400.',
        tests: [
          [node, 'responds with 400 to several hosts, of which a server in front may have read another'],
        ],
      },
      {
        id: 'B-E2.20c',
        fault: 'Each rejected request of another site wrote a line to the log.',
        now: 'The same line is logged at most once a minute, with the number of requests.',
        tests: [
          [
            guard,
            'logs rejected requests at most once a minute, and how many there were, because any site can cause them',
          ],
        ],
      },
      {
        id: 'B-E2.20d',
        fault: 'Without the option `origin`, `Origin` was compared by its host, whatever else was in it.',
        now: 'It must be an origin as browsers write it.',
        tests: [[guard, '65 %s is rejected with 403 and changes nothing']],
      },
      {
        id: 'B-E2.20e',
        fault: 'A `timeout` of more than 24 days or with a fraction of a millisecond broke every sign-in.',
        now: 'The first is rejected at start, the second is rounded.',
        tests: [[optionIssues, 'a timeout that is longer than any timer is rejected at start']],
      },
      {
        id: 'B-C1',
        fault: 'Nothing was logged when the response of an API ended early.',
        now: 'One line names the host and the error code.',
        tests: [
          [
            adapters,
            'breaks off a response that the resource server breaks off, and logs it without the path',
          ],
        ],
      },
      {
        id: 'B-F30',
        fault: 'The proxy had no limit for the size of a body.',
        now: 'Each route can set limits for requests and responses.',
        tests: [
          [adapters, 'refuses bodies beyond the limits of a route'],
          [adapters, 'cuts an upload of unknown length at the limit of its route, with 413'],
        ],
      },
      {
        id: 'B-F42',
        fault:
          'Over HTTP/2, requests to the API went on after the client had left, and a response that broke off looked complete.',
        now: 'Every adapter responds in the same way.',
        tests: [
          [adapters, 'responds in the same way to %s'],
          [adapters, 'ends the request to the resource server when the client leaves before the response'],
          [adapters, 'ends the request to the resource server when the client leaves within the response'],
        ],
      },
    ],
  },
  {
    title: 'Stores and disks',
    faults: [
      {
        id: 'B-E1.2a',
        fault: 'A full disk ended the process with an unhandled rejection.',
        now: 'Writes fail with an error that names the folder, reads go on, and writes work again when there is space.',
        reason:
          'The test in `packages/bff/test/stores/embedded.test.ts` mounts a small disk, which needs root on Linux; elsewhere it is skipped.',
      },
      {
        id: 'B-E1.2b',
        fault: 'A damaged or truncated file ended the process with SIGSEGV or SIGBUS, at each start again.',
        now: 'The store says that its files are damaged, and which folder to delete.',
        tests: [[embeddedStore, 'ends no process when its file %s, and says to delete the folder']],
      },
      {
        id: 'B-E1.2c',
        fault: 'Removing the 10,000 sessions of one user blocked the event loop for a second.',
        now: 'A thread removes them a hundred at a time, and other calls run between.',
        tests: [[embeddedStore, 'serves other calls while it removes the 10,000 records of one user']],
      },
      {
        id: 'B-E2.8a',
        fault: 'One user could create sessions until the memory was full.',
        now: 'A user has at most `session.perUser` sessions; a sign-in beyond that ends the oldest.',
        tests: [
          [
            'packages/bff/test/session.test.ts',
            'is limited: a sign-in beyond the limit ends the oldest, and no session of another user',
          ],
        ],
      },
      {
        id: 'B-E2.8b',
        fault: 'The memory store grew until the process died.',
        now: 'It has a limit, and says in the log what to do when it is full.',
        tests: [
          [
            'packages/bff/test/stores/memory-store.test.ts',
            'refuses a record when it is full, says what to do, and takes records again when one was removed',
          ],
        ],
      },
      {
        id: 'S4b',
        fault: 'A stopped process that had the lock of the embedded store hung the writes of all processes.',
        now: 'Writes fail within seconds with an error that names the folder, and reads go on.',
        tests: [
          [
            embeddedStore,
            'reads while another process is stopped with the lock, and names the folder when it cannot write',
          ],
        ],
      },
      {
        id: 'S17',
        fault: 'Insert, replace and lease each waited for the disk by themselves.',
        now: 'Calls that arrive together share one transaction, and leases do not wait for the disk.',
        reason: 'A cost, not a behaviour: `packages/bff/test/stores/measure-engines.mjs` measures it.',
      },
    ],
  },
  {
    title: 'The browser side in every order of events',
    faults: [
      {
        id: 'C-G1',
        fault:
          'On a server that renders, `getAccessToken()` ended the process, and other calls failed with a `TypeError`.',
        now: 'Calls that need a browser reject with an `AuthError` that says so.',
        tests: [
          ['packages/core/test/server.test.ts', '%s rejects with an AuthError that says what to do'],
          [
            'packages/core/test/server.test.ts',
            'a call that nobody waits for ends no process, and nothing else throws',
          ],
        ],
      },
      {
        id: 'C-G2',
        fault:
          'A request of one user was repeated with the token of another one who signed in while `rejectsToken` ran.',
        now: 'A request belongs to the session of its first send.',
        tests: [['packages/core/test/owner.test.ts', 'is not sent with the token of another user when %s']],
      },
      {
        id: 'C-G3',
        fault: 'A user schema with a BigInt left the page in `restoring`; a change in a Set was not shown.',
        now: 'Users are compared by the JSON of the BFF.',
        tests: [
          [
            'packages/core/test/user.test.ts',
            '(%s) restores, keeps the object of an equal user, and shows a change',
          ],
        ],
      },
      {
        id: 'C-G4a',
        fault: 'A sign-out stored by another tab signed a page out of a later session.',
        now: 'It concerns only the session that it names.',
        tests: [
          [
            'packages/core/test/tabs.test.ts',
            'signs out no page with another session, and a page that is loaded later shows that one',
          ],
        ],
      },
      {
        id: 'C-G4b',
        fault:
          'A sign-out that failed was repeated only by an event of the page, and then once for each event.',
        now: 'It is repeated with backoff until the BFF confirms it.',
        tests: [
          ['packages/core/test/tabs.test.ts', 'is repeated until the BFF is well again, %s'],
          ['packages/core/test/tabs.test.ts', 'is not sent once for each time that the page gets the focus'],
          ['packages/core/test/tabs.test.ts', 'is sent after a sign-in that fails'],
        ],
      },
      {
        id: 'C-G4c',
        fault: 'A sign-out during a sign-in left the new session alive.',
        now: 'It ends the session of the cookie.',
        tests: [
          [
            'packages/core/test/tabs.test.ts',
            'that is signing in ends the session that the sign-in may have started',
          ],
          ['packages/core/test/orders.test.ts', 'end as the last act says, with %s'],
        ],
      },
      {
        id: 'C-G4d',
        fault: 'A second sign-out ended whichever session the browser had.',
        now: 'It sends nothing.',
        tests: [
          [
            'packages/core/test/tabs.test.ts',
            'sends nothing, so that it cannot end the session of another tab',
          ],
        ],
      },
      {
        id: 'C-G4e',
        fault: 'Other tabs did not hear of a sign-out during a restore, or without a subscriber.',
        now: 'They hear of every sign-out.',
        tests: [['packages/core/test/tabs.test.ts', 'a sign-out of a page > %s reaches the other tabs']],
      },
      {
        id: 'C-G5',
        fault: 'After `dispose()` a client listened, sent requests and signed in.',
        now: 'It is the end: nothing follows, and waiting calls reject.',
        tests: [
          ['packages/core/test/dispose.test.ts', 'ends %s, and nothing follows'],
          [
            'packages/core/test/dispose.test.ts',
            'is final: later calls reject, and a late subscriber does not start the client again',
          ],
        ],
      },
      {
        id: 'C-G6',
        fault: 'A `Retry-After` of a day kept a page in `restoring` for a day.',
        now: 'It is obeyed for ten minutes at most.',
        tests: [['packages/core/test/time.test.ts', 'of %s keeps a page for ten minutes, not longer']],
      },
      {
        id: 'C-G7',
        fault:
          'A user that the schema rejected left every page load in `restoring`, with a session at the BFF.',
        now: 'The session ends, with the reason `user_rejected`.',
        tests: [
          [
            'packages/core/test/user.test.ts',
            '(the schema %s) is signed out after a page load, and the BFF ends the session',
          ],
          [
            'packages/core/test/user.test.ts',
            'rejects the sign-in with the issue, and a reload is signed out',
          ],
        ],
      },
      {
        id: 'C-G8',
        fault: 'Without BroadcastChannel a signed-out page never noticed a sign-in in another tab.',
        now: 'It asks when it is shown.',
        tests: [
          [
            'packages/core/test/time.test.ts',
            'are made up for when it is shown, where tabs cannot exchange messages',
          ],
        ],
      },
      {
        id: 'C-G9',
        fault: 'Responses that contradict each other caused 500 requests without a pause.',
        now: 'Only the first is followed at once, and no response comes from the HTTP cache.',
        tests: [
          [
            'packages/core/test/time.test.ts',
            'cause no storm: a restore without a token, and session_changed for each token request',
          ],
          [
            'packages/core/test/robustness.test.ts',
            'uses no HTTP cache, and only a sign-out continues after the page is closed',
          ],
        ],
      },
      {
        id: 'C-G10',
        fault: 'A clock that was set back hid a later sleep, so that an expired token was used.',
        now: 'Every gain of the wall clock after the last reading counts as sleep.',
        tests: [
          [
            'packages/core/test/time.test.ts',
            'is not used after its end when the clock was set back before the machine slept',
          ],
        ],
      },
      {
        id: 'C-G11',
        fault: 'A caller got a token that had expired while the machine slept during its request.',
        now: 'It is refreshed first.',
        tests: [
          [
            'packages/core/test/time.test.ts',
            'that a %s brings after the machine slept longer than it is valid is refreshed before a caller of a %s page gets it',
          ],
        ],
      },
      {
        id: 'C-G12',
        fault: 'A failed `extend()` made the next refresh too early.',
        now: 'It changes nothing.',
        tests: [['packages/core/test/time.test.ts', 'that fails does not make the next refresh earlier']],
      },
      {
        id: 'C-G13',
        fault: "Each wait left a listener on the caller's signal.",
        now: 'Listeners are removed.',
        tests: [
          ['packages/core/test/authorized-fetch.test.ts', 'has no listeners left after a thousand waits'],
        ],
      },
      {
        id: 'C-G14',
        fault: 'A sign-in waited for a sign-out that hung.',
        now: 'It aborts the request of the sign-out.',
        tests: [
          [
            'packages/core/test/tabs.test.ts',
            'does not wait for %s, whose late response does not remove its cookie',
          ],
        ],
      },
      {
        id: 'C-G15',
        fault:
          'Custom schemes such as `capacitor:` in `allow` shared the origin `null` with every other one.',
        now: 'Such an entry is an error.',
        tests: [
          [
            'packages/core/test/authorized-fetch.test.ts',
            'rejects the allow entry %j, which is not an origin',
          ],
        ],
      },
      {
        id: 'C-G16',
        fault: "Sign-ins shared the quota of `keepalive` with the application's own requests.",
        now: 'Only a sign-out uses it.',
        tests: [
          [
            'packages/core/test/robustness.test.ts',
            'uses no HTTP cache, and only a sign-out continues after the page is closed',
          ],
        ],
      },
      {
        id: 'C-G17',
        fault: '`const { error } = useAuth()` did not compile.',
        now: 'Every state has `error`.',
        reason: 'The types of `packages/react` are compared by `tsc`, in `types.test-d.tsx`.',
      },
      {
        id: 'C-C1',
        fault: 'A late sign-out removed the cookie of a later session.',
        now: 'The BFF removes the cookie only with the session that the request names, and a sign-in aborts the request.',
        tests: [
          [
            'packages/bff/test/session.test.ts',
            'that comes late removes no cookie when its own session has ended, as the cookie may be a later one',
          ],
          [
            'packages/core/test/tabs.test.ts',
            'does not wait for %s, whose late response does not remove its cookie',
          ],
        ],
      },
      {
        id: 'C-C3',
        fault: 'A refresh that crossed `extend()` left its callers with the old token.',
        now: 'They wait for the new one.',
        tests: [
          [
            'packages/core/test/time.test.ts',
            'that crosses a refresh leaves its waiting callers with the new token',
          ],
        ],
      },
      {
        id: 'C-C4',
        fault: 'A subscriber that came late did not hear what happened while there was none.',
        now: 'The client asks the BFF.',
        tests: [
          [
            'packages/core/test/time.test.ts',
            'are made up for by the next subscriber, and a component that mounts again at once sends nothing',
          ],
        ],
      },
      {
        id: 'C-D1',
        fault: '`auth.fetch(url, request)` lost the method and the body.',
        now: 'It takes a `Request` as `fetch` does.',
        tests: [
          [
            'packages/core/test/authorized-fetch.test.ts',
            'takes a Request as the second argument, as fetch does',
          ],
        ],
      },
      {
        id: 'C-D2',
        fault: '`insufficient_scope` in another challenge, or in a quoted string, prevented a refresh.',
        now: 'Challenges are read as RFC 9110 defines them.',
        tests: [
          ['packages/core/test/authorized-fetch.test.ts', '57 with the challenge %s sends %i refreshes'],
        ],
      },
      {
        id: 'C-D3',
        fault: 'The body of a rejected response occupied its connection during the second send.',
        now: 'It is cancelled before the second send.',
        tests: [
          [
            'packages/core/test/authorized-fetch.test.ts',
            'cancels the body of the first response before it repeats the request, so that it occupies no connection',
          ],
        ],
      },
      {
        id: 'C-D4',
        fault: 'An `AuthError` inside the error of another library was not recognized.',
        now: '`findAuthError` finds it in the causes.',
        tests: [
          [
            'packages/core/test/robustness.test.ts',
            'finds an AuthError in the causes of another error, and ends when a cause is its own cause',
          ],
        ],
      },
    ],
  },
  {
    title: 'Real authorization servers',
    faults: [
      {
        id: 'S5',
        fault:
          'The doctor missed a wrong client id or secret at servers of the kind of Doorkeeper, and blamed the revocation endpoint.',
        now: 'It reads the 401 or 403 of the revocation endpoint, and signs in users that do not exist where nothing else is clear.',
        tests: [
          [doctor, 'as Doorkeeper does > finds %s, with and without a revocation endpoint'],
          [doctor, 'as Doorkeeper does > accepts the right secret, as %s shows'],
          [
            doctor,
            'as Doorkeeper does > blames the revocation endpoint alone when only that rejects the client',
          ],
          [thirdPartyDoctor, 'finds a wrong secret'],
        ],
      },
      {
        id: 'S6',
        fault:
          'The doctor took a login page, a userinfo endpoint and an origin for the token endpoint, and accepted a 200 to a made-up refresh token.',
        now: 'A response without an error code of RFC 6749 §5.2, or one that `errors.map` explains, is a warning. A token for something made-up is a failure.',
        tests: [
          [doctor, 'the check of the token endpoint > reports %s, with the fix'],
          [doctor, 'the check of the token endpoint > fails when a made-up user gets a token'],
          [thirdPartyDoctor, 'does not take another endpoint for the token endpoint'],
        ],
      },
      {
        id: 'S7',
        fault: 'With `clientAuth: none`, the doctor did not find that the server requires a secret.',
        now: 'It compares the client id with a made-up one, and says so when the responses do not show it.',
        tests: [
          [doctor, 'as Doorkeeper does > finds that a client without a secret needs one'],
          [
            doctor,
            'of a client without a secret > is unclear when the server responds to a made-up client id in the same way',
          ],
          [thirdPartyDoctor, 'finds that the server requires a secret of a client that sends none'],
        ],
      },
      {
        id: 'S8',
        fault: 'Where Doorkeeper issues no refresh tokens, the advice was about the password grant.',
        now: 'The advice after a refresh names `use_refresh_token`.',
        tests: [
          ['packages/bff/test/providers/doorkeeper.test.ts', 'says how to enable refresh tokens'],
          [doctor, 'as Doorkeeper does > says that refresh tokens are off, and how to switch them on'],
        ],
      },
      {
        id: 'S9',
        fault:
          'A discovery document whose address ends in a slash was a 404, and the advice was the opposite of what helps.',
        now: 'Latchkey asks once more with the slash. The doctor says that the issuer may be the address of the document.',
        tests: [
          ['packages/bff/test/discovery.test.ts', 'asks once more, with a slash at the end, after %s'],
          [doctor, 'the discovery check > reports %s, with the fix'],
        ],
      },
      {
        id: 'S10',
        fault: 'The doctor cut its own advice in the middle of a word.',
        now: 'It prints advice as a whole, and shortens only texts of the server.',
        tests: [[doctor, 'prints advice as a whole, however long it is']],
      },
      {
        id: 'S11',
        fault:
          'A port that `fetch` blocks had no reason and counted as sent, and a connection that the server closes had no advice.',
        now: 'Both have advice, and the former counts as not sent.',
        tests: [
          [tolerance, 'fails temporarily, and the log says why, after > %s'],
          [doctor, 'the host check > says that fetch blocks the port'],
        ],
      },
      {
        id: 'S12',
        fault: 'A client secret with characters that RFC 6749 does not allow read like a wrong password.',
        now: 'It is a configuration error. The BFF warns of such a secret at its start, and so do the doctor and `latchkey check`.',
        tests: [
          [warnings, 'the warning about the characters of the client secret > is logged at start for %j'],
          [conformance, 'reads a rejection of the characters of the client secret as a configuration error'],
          [doctor, 'the environment and the settings > warn of %s'],
        ],
      },
      {
        id: 'S14',
        fault:
          'An `invalid_request` about a field that the user filled in, such as an emoji in a name, was a 502.',
        now: 'It is a 401 like a wrong password, and the log names the field.',
        tests: [
          [tolerance, 'names the field in the log, an invalid_request with > the description: %s'],
          [conformance, 'reads a username that the server does not accept as wrong credentials'],
        ],
      },
      {
        id: 'S15',
        fault: 'The BFF warned at every sign-in of an ID Token that it does not read.',
        now: 'It warns once.',
        tests: [[tolerance, 'is ignored with one warning, not with one at every sign-in']],
      },
      {
        id: 'S16',
        fault:
          'The conformance command refused `CLIENT_AUTH=none` and `any`, and a server that accepts any password failed while one that accepts any secret was skipped.',
        now: 'It takes any client authentication that Latchkey has, names the others with the reason, treats both servers alike, and gives one verdict per check.',
        tests: [
          [oddServers, 'the client authentication methods of a file > %s: one row for each check'],
          [
            oddServers,
            'the client authentication methods of a file > may contain methods that Latchkey does not have, which are skipped with the reason',
          ],
          [oddServers, 'the checks pass with a server that > %s'],
        ],
      },
    ],
  },
  browserModel,
  browserCatalogue,
  serverCatalogue,
  {
    title: 'Time and ends',
    faults: [
      {
        id: 'S1',
        fault:
          'A process that stood still discarded the response that lay in its socket, and sent the used refresh token again.',
        now: 'A timer that fires late, by 100 ms or more, extends the time limit by a second. Sockets are read before it is over.',
        tests: [
          [timeLimits, 'does not discard a response that arrived while this process stood still %s'],
          [chaos, 'keep the promises of each act, at authorization servers of three kinds'],
        ],
      },
      {
        id: 'S2',
        fault:
          'When all processes had stood still, one took the lease over before its owner had saved the token: two requests.',
        now: 'Stores say when a lease is taken over. The new owner pauses, and reads the record again.',
        tests: [
          [takeover, 'is not repeated when the response lay in its socket: all use its token'],
          [
            takeover,
            'is taken over after seven seconds, with one more request, when the server did not see the first',
          ],
        ],
      },
      {
        id: 'S3',
        fault:
          'After a process was killed during a refresh, one process said `refresh_rejected`, all others `no_session`, and the log nothing.',
        now: 'The reason is `refresh_lost` in every process and tab, and in the log. A token that arrives late opens the session again.',
        tests: [
          [
            takeover,
            'ends the session with refresh_lost when the refresh token was used up, in every process and tab',
          ],
          [takeover, 'opens the session again when its token arrives after the takeover ended it'],
          [
            takeover,
            'says refresh_lost when the server has revoked the tokens with which the session was opened again',
          ],
          [
            takeover,
            'says refresh_lost when its token arrives while the takeover waits for the server, which then revokes it',
          ],
          [refresh, 'is a response without a session for a page load, and does not delete the cookie'],
          [
            'packages/bff/test/session.test.ts',
            'name the one that was reached first, also when the other is reached before any process ends the session',
          ],
        ],
      },
      {
        id: 'S4',
        fault: 'A store that did not respond hung requests for ever.',
        now: 'Every store call has a time limit of five seconds, and causes 503 then.',
        tests: [
          [timeLimits, 'to %s causes 503 after five seconds'],
          [timeLimits, 'to the release of a lease does not delay the response'],
        ],
      },
      {
        id: 'E1.5',
        fault:
          'A deploy in the middle of a refresh ended the session: `close()` did not wait for the refresh.',
        now: '`close()` starts no grants and waits for those under way. README and docs/production.md have the lines for SIGTERM.',
        tests: [
          [
            'test/stories/stopping.test.ts',
            'a SIGTERM in the middle of a refresh loses nothing, with the lines of the README: the next process has its token',
          ],
          [close, 'waits for a refresh whose callers have left, so that the next process has its token'],
          [close, 'starts no more grants: sessions are served while their token is valid, and get 503 then'],
        ],
      },
      {
        id: 'P1',
        fault: 'A session that `session.perUser` ended said `no_session`, and its tokens were not revoked.',
        now: 'The reason is `too_many_sessions`. Its tokens are revoked when its browser comes again: only its cookie opens them.',
        tests: [
          [
            'packages/bff/test/session.test.ts',
            'is the reason that the browser of an ended session gets, whose tokens are revoked then',
          ],
          [
            'packages/bff/test/session.test.ts',
            'ends a session that is being refreshed, and revokes its new tokens',
          ],
          ['packages/bff/test/session.test.ts', 'limits the records of ended sessions as well'],
        ],
      },
      {
        id: 'P2',
        fault:
          'A sign-out everywhere after the session had ended by itself got 204, and ended no other session.',
        now: 'It ends the other sessions of that user while the reason of the end is known, for a day.',
        tests: [
          [
            'packages/bff/test/session.test.ts',
            'with everywhere ends the other sessions of the user of a session that has ended by itself',
          ],
        ],
      },
      {
        id: 'P3',
        fault:
          'A user object that grew beyond its bound at a refresh was left out without a line in the log.',
        now: 'The log names its bytes and the options that help, at most once a minute.',
        tests: [
          [
            'packages/bff/test/sign-in.test.ts',
            'does not grow beyond that by refreshes, and the log says so',
          ],
        ],
      },
      {
        id: 'E2.9',
        fault:
          'A clock that was set back made tokens young for an hour; one that was set forward removed and revoked sessions.',
        now: 'One file decides what has passed, with two clocks. Nothing ends after one look at a changed clock.',
        tests: [
          [clockChanges, 'does not make a token younger: a rejected token is refreshed'],
          [clockChanges, 'makes a process that starts afterwards refresh a token whose age it cannot know'],
          [clockChanges, 'for one request ends and revokes no session'],
          [clockChanges, 'ends a session when a second look a minute later confirms it'],
          [clockChanges, 'in a process that starts makes it refuse a session, and not end it'],
          [clockChanges, 'while a refresh runs does not send the refresh token twice'],
        ],
      },
      {
        id: 'E2.11',
        fault:
          'Tokens were issued and neither kept nor revoked: a failed write, an invalid ID Token, a browser that left.',
        now: 'They are revoked. A double click that the page does not abort still leaves a session until its idle limit.',
        tests: [
          [close, 'are revoked when the session of a sign-in cannot be saved'],
          [close, 'are revoked, and the session is removed, when the client leaves while it is saved'],
          [close, 'are revoked when another process has saved the tokens of another grant'],
          ['packages/bff/test/id-token.test.ts', 'that %s makes the BFF revoke the tokens that came with it'],
        ],
      },
      {
        id: 'E2.13',
        fault: 'One `Retry-After: 86400` stopped the refresh of a session for a day.',
        now: 'The wait is five minutes at most.',
        tests: [[clockChanges, 'a Retry-After of a day delays the refresh of a session by five minutes']],
      },
      {
        id: 'E2.14',
        fault:
          'When the store failed for more than 1.4 s during a refresh, the new refresh token was dropped.',
        now: 'The process keeps it and saves it when the store recovers; `close()` tries for two seconds more, and revokes it then.',
        tests: [
          [
            close,
            'does not lose the new token: it is saved when the store recovers, and the callers get 503 until then',
          ],
          [close, 'makes close try four times in two seconds, and revoke the token when that fails'],
          [close, 'does not lose the new token when it fails once while close waits'],
        ],
      },
      {
        id: 'E2.16',
        fault:
          'A deploy with another address or secret signed all users out in silence, and left their tokens behind.',
        now: 'The log says what ends sessions, tokens are revoked at the same host, and `secret` can be a list.',
        tests: [
          [deployChanges, 'that spells the address with a slash at its end keeps sessions'],
          [
            deployChanges,
            'that changes the address ends sessions, says so, and revokes their tokens on the same host',
          ],
          [deployChanges, 'that replaces the secret ends sessions and says so'],
          [
            deployChanges,
            'a secret is rotated over two processes in three deploys, without the end of a session',
          ],
        ],
      },
      {
        id: 'E3-young-token',
        fault:
          'A resource server that restarted with new keys failed all calls of a session for ten seconds.',
        now: 'A young token that was rejected is refreshed once; a resource server that rejects everything causes six grants a minute at most.',
        tests: [
          [
            refresh,
            'is run once for a rejected token that was issued seconds ago, as the resource server may have new keys',
          ],
          [refresh, 'is run at a bounded rate for a resource server that rejects every token'],
        ],
      },
    ],
  },
  signInThrottle,
  {
    title: 'Streams and WebSockets',
    faults: [
      {
        id: 'B-F31a',
        fault: 'An event stream or a download went on after the sign-out.',
        now: 'It ends with its session: at once in the process of the sign-out, within a second in all others.',
        tests: [
          [openStreams, 'is cut at once by %s in its process, at both ends'],
          [openStreams, 'is cut within a second by %s in another process'],
          [
            openStreamsStory,
            'a sign-out in one process cuts an event stream and a download in another, which the page sees as broken',
          ],
          [
            proxiedResources,
            'closes an event stream with its session, at the resource server and in the page',
          ],
          [proxiedResources, 'fails a download whose session ends, and keeps no part of the file'],
        ],
      },
      {
        id: 'B-F31b',
        fault: 'A stream had no rule for the expiry of its token and for an unused session.',
        now: 'A refresh ends no stream. A stream is no use of its session, and ends at its limits.',
        tests: [
          [openStreams, 'continues when its token expires and is refreshed'],
          [openStreams, 'does not count as use of its session, and ends with it'],
        ],
      },
      {
        id: 'B-E1.4b',
        fault: 'A stream that was silent for five minutes was cut.',
        now: 'Nothing but its session, its two ends and the end of the process ends a stream.',
        reason:
          'The time limit was that of Node’s `fetch`; undici has none here. A test would have to be silent for five minutes.',
      },
      {
        id: 'B-C-streams',
        fault: 'A stream that was open kept a process from its end.',
        now: '`close` cuts event streams and WebSockets at once, and other requests after the option `timeout`.',
        tests: [
          [openStreams, 'cuts event streams at once, so that pages open them at another process'],
          [openStreams, 'waits for downloads, and cuts those that take longer than the option timeout'],
          [webSockets, 'is closed at both ends when the BFF closes'],
        ],
      },
      {
        id: 'B-C-websocket',
        fault: 'A WebSocket request was forwarded as a plain GET, without a check of its origin.',
        now: 'A route can accept WebSockets of the page’s own origin. All others are refused, and what cannot forward them responds with 501.',
        tests: [
          [webSockets, 'passes messages of any size both ways, with the token in place of the cookie'],
          [webSockets, 'is refused to %s'],
          [webSockets, 'is closed at both ends when its session ends'],
          [
            webSockets,
            'responds to a WebSocket request with 501 and a sentence, and the log says what to add',
          ],
          [proxiedResources, 'opens a WebSocket with the token, and closes it with its session'],
        ],
      },
    ],
  },
  otherRuntimes,
]
