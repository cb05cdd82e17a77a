import type { FaultGroup, TestReference } from './fault.ts'

const runtimes = 'test/runtimes/runtimes.test.ts'
const frameworks = 'test/frameworks/frameworks.test.ts'
const anyCheck: TestReference = [runtimes, '%s serves the built packages > and %s']

/** What broke when the packages first ran on Bun, Deno and Cloudflare Workers, and in Next.js. */
export const otherRuntimes: FaultGroup = {
  title: 'Other runtimes and frameworks',
  faults: [
    {
      id: 'R-1',
      fault: 'On Workers, a sign-out revoked no token: work after the response was stopped.',
      now: 'The BFF passes such work to `waitUntil`.',
      tests: [anyCheck],
    },
    {
      id: 'R-2',
      fault: 'On Bun, a page could not read a response of the API in Zstandard: Bun had decoded it.',
      now: 'Bun decodes nothing, and bodies pass unread.',
      tests: [anyCheck],
    },
    {
      id: 'R-3',
      fault: 'On Deno and Workers, a response that was compressed with Deflate lost the header that says so.',
      now: 'The header is removed for the encodings that the runtime decodes, and for no others.',
      tests: [anyCheck],
    },
    {
      id: 'R-4',
      fault: 'On Deno, `embeddedStore` did not open.',
      now: 'It keeps the contract of stores on Node, Bun and Deno.',
      tests: [[runtimes, 'and the %s store > %s']],
    },
    {
      id: 'R-5',
      fault:
        'In Next.js on Node 22 and later, `embeddedStore` did not open: Turbopack had replaced its `require`.',
      now: 'It opens the SQLite of Node without `require`.',
      tests: [[frameworks, 'render each user their own page, without a token, and the form for all others']],
    },
  ],
}
