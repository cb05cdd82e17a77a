/** What one package may import, and its files. */
export interface Package {
  /** Modules that are not files of the package, by the file that may import them; `*` is any of its files. */
  imports: Record<string, string[]>
  /** Every file below `src`, in import order: each imports only from files above it. */
  files: string[]
}

/** The house as data; `architecture.test.ts` holds the sources to it. A new file gets its place here. */
export const packages: Record<string, Package> = {
  wire: {
    imports: { 'schemas.ts': ['zod'] },
    files: ['endpoints.ts', 'errors.ts', 'seconds.ts', 'requests.ts', 'session.ts', 'schemas.ts', 'index.ts'],
  },
  core: {
    imports: { '*': ['@latchkey/wire'] },
    files: [
      'errors.ts',
      'platform.ts',
      'clock.ts',
      'token.ts',
      'session.ts',
      'retry.ts',
      'signals.ts',
      'endpoints.ts',
      'challenge.ts',
      'authorized-fetch.ts',
      'user.ts',
      'auth-client.ts',
      'watching.ts',
      'browser.ts',
      'client.ts',
      'return-to.ts',
      'index.ts',
      'testing/clock.ts',
      'testing/browser.ts',
      'testing/fake-bff.ts',
      'testing/test-auth.ts',
      'testing/index.ts',
    ],
  },
  react: {
    imports: { '*': ['@latchkey/core', 'react'] },
    files: [
      'register.ts',
      'context.ts',
      'AuthProvider.tsx',
      'useAuthState.ts',
      'useAuth.ts',
      'useAccessToken.ts',
      'useAuthorizedFetch.ts',
      'veil.ts',
      'AuthGate.tsx',
      'index.ts',
    ],
  },
  bff: {
    imports: {
      // What other server runtimes have as well; Node's own stands in the files for Node.
      '*': ['@latchkey/wire', 'node:crypto', 'node:timers/promises'],
      'provider-description.ts': ['zod'],
      'bff-options.ts': ['zod'],
      'discovery.ts': ['oauth4webapi'],
      'routes/sign-in.ts': ['@latchkey/wire/schemas'],
      'routes/token.ts': ['@latchkey/wire/schemas'],
      'embedded.ts': ['lmdb', 'node:fs'],
      'node.ts': ['node:events', 'node:http', 'node:stream'],
      'vite.ts': ['node:path', 'vite'],
    },
    files: [
      'errors.ts',
      'log.ts',
      'platform.ts',
      'background.ts',
      'bounded-body.ts',
      'seal.ts',
      'cookie.ts',
      'guard.ts',
      'secure-url.ts',
      'provider-description.ts',
      'providers/oauth2.ts',
      'providers/trimmed.ts',
      'providers/axosoft.ts',
      'providers/class-super.ts',
      'providers/index.ts',
      'upstream.ts',
      'discovery.ts',
      'token-request.ts',
      'token-response.ts',
      'authorization-server.ts',
      'store.ts',
      'memory-store.ts',
      'embedded.ts',
      'default-store.ts',
      'session-data.ts',
      'sessions.ts',
      'refreshed.ts',
      'lease.ts',
      'refresh.ts',
      'bff-options.ts',
      'routes/call.ts',
      'routes/session-answer.ts',
      'routes/sign-in.ts',
      'routes/restore.ts',
      'routes/token.ts',
      'routes/sign-out.ts',
      'bff.ts',
      'index.ts',
      'node.ts',
      'vite.ts',
    ],
  },
  sandbox: {
    imports: { 'server.ts': ['node:events', 'node:http', 'node:net'], 'cli.ts': ['node:util'] },
    files: [
      'people.ts',
      'grants.ts',
      'answers.ts',
      'system.ts',
      'systems/axosoft-items.ts',
      'systems/axosoft.ts',
      'systems/class-metadata.ts',
      'systems/class-id-token.ts',
      'systems/class-envelope.ts',
      'systems/class-funds.ts',
      'systems/class-token.ts',
      'systems/class.ts',
      'systems/index.ts',
      'faults.ts',
      'failing.ts',
      'requests.ts',
      'control.ts',
      'sandbox.ts',
      'server.ts',
      'index.ts',
      'cli.ts',
    ],
  },
}

/** Files that are longer than `longestFile` lines, each with a reason that a reader would accept. */
export const longFiles: Record<string, string> = {
  'core/client.ts':
    'the composition root: everything in it works on one machine and one session, and an object that carried these between files cost more than it cleared up',
}

/** Lines of a source file; about 160 is a good ceiling, and this one fails. */
export const longestFile = 260
