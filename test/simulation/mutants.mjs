/**
 * A defect that the simulation finds. `find` occurs once in the file, which a mutant changes to `replace`.
 *
 * @typedef {{ id: string, file: string, find: string, replace: string, defect: string, seed: number }} Mutant
 *   `seed` is the first from 1 on that finds it
 */

/** @type {Mutant[]} */
export const mutants = [
  {
    id: 'lease-ignored',
    file: 'packages/bff/src/sessions/refresh-lease.ts',
    find: 'if (lease !== false) return runWithLease',
    replace: 'if (lease !== null) return runWithLease',
    defect: 'A process refreshes although another one has the lease.',
    seed: 5,
  },
  {
    id: 'lease-not-renewed',
    file: 'packages/bff/src/sessions/refresh-lease.ts',
    find: 'while (await sleepUnlessDone(done))',
    replace: 'while ((await sleepUnlessDone(done)) && renewEveryMs < 0)',
    defect: 'The lease of a slow refresh expires while that runs.',
    seed: 196,
  },
  {
    id: 'not-read-again',
    file: 'packages/bff/src/sessions/refresh.ts',
    find: 'const session = assertSession(await sessions.reload(loaded))',
    replace: 'const session = loaded',
    defect: 'A process that gets the lease does not read what the previous owner has written.',
    seed: 422,
  },
  {
    id: 'old-refresh-token-kept',
    file: 'packages/bff/src/authorization-server/authorization-server.ts',
    find: 'const refreshToken = result.token.refreshToken ?? tokens.refreshToken',
    replace: 'const refreshToken = tokens.refreshToken ?? result.token.refreshToken',
    defect: 'The BFF keeps the refresh token that it has just used.',
    seed: 1,
  },
  {
    id: 'outage-ends-session',
    file: 'packages/bff/src/authorization-server/error-response.ts',
    find: "if (status >= 500 || status === 408 || status === 425)\n    return { kind: 'temporarily_unavailable', ...retryFields }",
    replace: "if (status >= 500 || status === 408 || status === 425)\n    return { kind: 'session_ended' }",
    defect: 'A 503 of the authorization server ends sessions.',
    seed: 31,
  },
  {
    id: 'write-over-any-version',
    file: 'packages/bff/src/stores/memory-store.ts',
    find: 'if (entry?.record.version !== ifVersion) return false',
    replace: 'if (!entry) return false',
    defect: 'A write of the idle limit replaces a new refresh token by the old one.',
    seed: 4,
  },
  {
    id: 'idle-limit-ignored',
    file: 'packages/bff/src/sessions/session-end.ts',
    find: "['idle', record.expiresAt - retentionMs],",
    replace: "['idle', Infinity],",
    defect: 'A session never ends for being unused.',
    seed: 1,
  },
  {
    id: 'reasons-swapped',
    file: 'packages/bff/src/sessions/refresh.ts',
    find: "current.data.isResponseLost === true ? 'refresh_lost' : 'refresh_rejected'",
    replace: "current.data.isResponseLost === true ? 'refresh_rejected' : 'refresh_lost'",
    defect: 'A session that the authorization server has revoked ends with the reason refresh_lost.',
    seed: 34,
  },
  {
    id: 'takeover-forgotten',
    file: 'packages/bff/src/sessions/refresh-lease.ts',
    find: 'if (mayRelease()) await sessions.release',
    replace: 'await sessions.release',
    defect:
      'A process that takes over a refresh and cannot save that releases the lease, so the next one does not know.',
    seed: 263,
  },
  {
    id: 'new-session-removed',
    file: 'packages/bff/src/routes/sign-in.ts',
    find: 'await sessions.end(previous)',
    replace: 'await sessions.end(session)',
    defect: 'A sign-in over another session removes the new session in place of the previous one.',
    seed: 11,
  },
  {
    id: 'token-in-proxy-mode',
    file: 'packages/bff/src/routes/session-response.ts',
    find: "...(context.mode === 'token' && !isTokenExpired(data, present) && { token }),",
    replace: '...(!isTokenExpired(data, present) && { token }),',
    defect: 'A browser in proxy mode gets the access token.',
    seed: 5,
  },
  {
    id: 'sign-out-not-heard',
    file: 'packages/core/src/auth-state.ts',
    find: "return sessionId ? createSignedOutState('signed_out_elsewhere') : startFetch(resetToRestoring(state))",
    replace: 'return state',
    defect: 'Other tabs go on to show the session after a sign-out.',
    seed: 12,
  },
  {
    id: 'token-of-other-session-kept',
    file: 'packages/core/src/auth-state.ts',
    find: "const isSameSession = auth.status === 'signed-in' && auth.session.id === session.id",
    replace: "const isSameSession = auth.status === 'signed-in'",
    defect: 'A page that gets another session keeps the token and the requests of the former one.',
    seed: 140,
  },
  {
    id: 'expired-token-used',
    file: 'packages/core/src/token.ts',
    find: 'expiresAt: sentAt + lifetime * 1000,',
    replace: 'expiresAt: sentAt + lifetime * 2000,',
    defect: 'A page uses a token after its end.',
    seed: 34,
  },
  {
    id: 'every-error-ends-session',
    file: 'packages/core/src/errors.ts',
    find: "return code === 'login_required' || reason === 'user_rejected' ? reason : undefined",
    replace: "return code === 'network_error' ? undefined : reason",
    defect: 'A page takes 503 for the end of its session.',
    seed: 12,
  },
  {
    id: 'sign-out-forgotten',
    file: 'packages/core/src/sign-outs.ts',
    find: 'isStored = Boolean(tryOrUndefined(() => [platform.localStorage.setItem(key, query)]))',
    replace: 'isStored = true',
    defect: 'A sign-out that the BFF has not confirmed is lost with its page.',
    seed: 12,
  },
]
