import type { FaultGroup } from './fault.ts'

const throttleClients = 'packages/bff/test/throttle-clients.test.ts'
const trustProxy = 'packages/bff/test/trust-proxy.test.ts'
const signIn = 'packages/bff/test/sign-in.test.ts'
const warnings = 'packages/bff/test/warnings.test.ts'

export const signInThrottle: FaultGroup = {
  title: 'The throttle and the proxies in front',
  faults: [
    {
      id: 'B-E2.6',
      fault:
        'Accents multiplied the guesses at an account whose server ignores them: 400 of 400 reached the server.',
      now: 'Spellings share a count without case, accents, width, surrounding spaces and invisible characters.',
      tests: [
        [throttleClients, 'spellings of a username > share one count, whatever accents they have'],
        [
          throttleClients,
          'are at least those that a comparison without case and accents takes for the same Latin name',
        ],
      ],
    },
    {
      id: 'B-E2.7',
      fault: 'Sign-ins under way counted as failed, so that right passwords of one office got 429.',
      now: 'Only failures count. A sign-in waits a few seconds for those that run.',
      tests: [
        [
          throttleClients,
          'of 45 people of one office at the same time all sign in, at a server that takes its time',
        ],
        [throttleClients, 'of sixteen tabs at one account all sign in, also when the address is unknown'],
      ],
    },
    {
      id: 'B-E2.8c',
      fault: 'A user object had no bound, so that a session could take any memory.',
      now: 'It has at most 32 kB. A sign-in with more gets 502 with a line in the log, and its tokens are revoked.',
      tests: [
        [
          signIn,
          'of more bytes gets server_error; the log names the options that help, and the tokens are revoked',
        ],
        [signIn, 'does not grow beyond that by refreshes, and the log says so'],
      ],
    },
    {
      id: 'B-E2.15a',
      fault:
        'Behind a proxy, twelve wrong passwords of anyone gave the owner of an account 429, for as long as the attacker went on.',
      now: 'Without known addresses, sign-ins wait for seconds instead of being refused, and known browsers are not delayed. The option `trustProxy` makes addresses known; production without it is warned.',
      tests: [
        [throttleClients, 'cannot keep a user out of an account: the next try comes within seconds'],
        [
          throttleClients,
          'who keeps on cannot do so either: chance decides who of those that wait comes next',
        ],
        [throttleClients, 'does not delay a browser that has signed in to the account within 30 days'],
        [trustProxy, 'names the address, the scheme and the host: %s'],
        [trustProxy, 'keeps its address, scheme and host, whatever its headers say: %s'],
        [
          warnings,
          'the warning about unknown addresses > is logged at start in production, when neither trustProxy nor origin is set',
        ],
      ],
    },
    {
      id: 'B-E2.15b',
      fault: 'A restart forgot all failed sign-ins, and each process counted alone.',
      now: 'Counts are in the session store, if there is one that outlives the process.',
      tests: [
        [throttleClients, 'survive a restart, and so do known addresses and browsers'],
        [throttleClients, 'are shared by two processes'],
        [throttleClients, 'lose no failure when two processes count at once'],
      ],
    },
    {
      id: 'S13',
      fault: 'A server that hangs up on a wrong password was guessed at without limit.',
      now: 'A lost response counts for its client and its address, and locks no other out.',
      tests: [
        [throttleClients, 'gets ten guesses of an address at an account, and then one a minute'],
        [throttleClients, 'gets thirty guesses of an address at all accounts, and then six a minute'],
        [throttleClients, 'locks nobody out, however many addresses it hangs up on'],
      ],
    },
  ],
}
