import type { FaultGroup, TestReference } from './fault.ts'

const runtimes = 'test/runtimes/runtimes.test.ts'
const anyCheck: TestReference = [runtimes, '%s serves the built packages > and %s']

/** What broke when the packages first ran on runtimes other than Node. */
export const otherRuntimes: FaultGroup = {
  title: 'Bun, Deno and Cloudflare Workers',
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
  ],
}
