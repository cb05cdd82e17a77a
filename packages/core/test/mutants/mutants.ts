/** A change of one place in `packages/core/src` that removes a fence, a limit or a random part. */
export interface Mutant {
  /** The file below `src`. */
  readonly file: string
  /** What the change removes. */
  readonly removes: string
  /** The text in the file, which must be there once, and what replaces it. */
  readonly text: string
  readonly replacement: string
}

/** The tests that run first with the mutants of a file. */
export const likelyTests: Readonly<Record<string, readonly string[]>> = {
  'auth-state.ts': ['auth-state.test.ts', 'time.test.ts', 'tabs.test.ts'],
  'authorized-fetch.ts': ['authorized-fetch.test.ts', 'owner.test.ts', 'blob-url.test.ts'],
  'bff-request.ts': ['robustness.test.ts'],
  'check-cookie.ts': ['diagnosis.test.ts'],
  'client-store.ts': ['dispose.test.ts', 'robustness.test.ts', 'authorized-fetch.test.ts'],
  'clock.ts': ['clock.test.ts', 'time.test.ts'],
  'create-auth-client.ts': ['tabs.test.ts', 'time.test.ts', 'dispose.test.ts'],
  'errors.ts': ['robustness.test.ts'],
  'observers.ts': ['robustness.test.ts', 'dispose.test.ts'],
  'page-events.ts': ['time.test.ts', 'dispose.test.ts'],
  'pending-sign-out.ts': ['pending-sign-out.test.ts'],
  'platform.ts': ['time.test.ts'],
  'ready.ts': ['time.test.ts', 'server.test.ts', 'dispose.test.ts'],
  'retry.ts': ['clock.test.ts'],
  'session-actions.ts': ['tabs.test.ts', 'dispose.test.ts', 'user.test.ts'],
  'session-requests.ts': ['tabs.test.ts', 'user.test.ts', 'time.test.ts'],
  'sign-outs.ts': ['tabs.test.ts'],
  'token.ts': ['stories.test.ts'],
  'user.ts': ['user.test.ts'],
  'value-stores.ts': ['time.test.ts', 'stories.test.ts'],
  'with-token.ts': ['authorized-fetch.test.ts', 'owner.test.ts', 'time.test.ts'],
}

const authState: readonly Omit<Mutant, 'file'>[] = [
  {
    removes: 'one request at a time',
    text: 'state.isFetching || !canFetch(state) ? state',
    replacement: '!canFetch(state) ? state',
  },
  {
    removes: 'no request after the end of a session',
    text: 'state.isFetching || !canFetch(state) ? state',
    replacement: 'state.isFetching ? state',
  },
  {
    removes: 'no first request with a token or after an error',
    text: 'state.token || state.error ? state : startFetch(state)',
    replacement: 'startFetch(state)',
  },
  {
    removes: 'the equal session is the same object',
    text: 'isSameSession && auth.session === session ? auth :',
    replacement: '',
  },
  {
    removes: 'an older token does not replace a newer one',
    text: 'token.access_token && token.sequence < (state.token?.sequence ?? 0)',
    replacement: 'false',
  },
  {
    removes: 'the failures continue while sessions come without a token',
    text: 'return token ? started : { ...started, failureCount }',
    replacement: 'return started',
  },
  {
    removes: 'an unrelated response leaves the running request alone',
    text: 'next.epoch !== state.epoch || isNewer ? next :',
    replacement: 'true ? next :',
  },
  {
    removes: 'an error after the end of a session changes nothing',
    text: '  if (!canFetch(state)) return state\n  if (reason',
    replacement: '  if (reason',
  },
  {
    removes: 'only the first session_changed is followed at once',
    text: 'hasChanged && failureCount === 1',
    replacement: 'hasChanged',
  },
  {
    removes: 'a sign-out of another session changes nothing',
    text: "sessionId && (status === 'restoring' || session?.id !== sessionId)",
    replacement: 'false',
  },
  {
    removes: 'a restoring page does not take a sign-out for its own',
    text: "(status === 'restoring' || session?.id !== sessionId)",
    replacement: '(session?.id !== sessionId)',
  },
  {
    removes: 'a sign-out without a session id is a question',
    text: "return sessionId ? createSignedOutState('signed_out_elsewhere') : startFetch(resetToRestoring(state))",
    replacement: "return createSignedOutState('signed_out_elsewhere')",
  },
  {
    removes: 'a network that is back makes a request due',
    text: "now >= nextFetchAt || (online && error?.code === 'network_error')",
    replacement: 'now >= nextFetchAt',
  },
  {
    removes: 'a network that is back ends no other wait',
    text: "online && error?.code === 'network_error'",
    replacement: 'online && error',
  },
  {
    removes: 'a rejected token is not valid',
    text: 'token && token !== rejectedToken && now < token.expiresAt',
    replacement: 'token && now < token.expiresAt',
  },
  {
    removes: 'an expired token is not valid',
    text: 'token && token !== rejectedToken && now < token.expiresAt',
    replacement: 'token && token !== rejectedToken',
  },
  {
    removes: 'callers wait after a failure',
    text: '(hasToken || (error && now < callerFetchAt))',
    replacement: 'hasToken',
  },
  {
    removes: 'the timer fires at the expiry',
    text: 'Math.min(isFetching ? Infinity : nextFetchAt, expiry > now ? expiry : Infinity)',
    replacement: 'isFetching ? Infinity : nextFetchAt',
  },
  {
    removes: 'no timer for an expiry in the past',
    text: 'expiry > now ? expiry : Infinity',
    replacement: 'expiry || Infinity',
  },
  {
    removes: 'no timer for a request that is running',
    text: 'Math.min(isFetching ? Infinity : nextFetchAt',
    replacement: 'Math.min(nextFetchAt',
  },
]

const createAuthClient: readonly Omit<Mutant, 'file'>[] = [
  {
    removes: 'a session that was signed out of is dropped',
    text: '    if (endedId) requests.droppedSessions.add(endedId)\n',
    replacement: '',
  },
  {
    removes: 'a stored sign-out concerns only its own session',
    text: 'endedId === undefined || (endedId && session && session.id !== endedId)',
    replacement: 'endedId === undefined',
  },
  {
    removes: 'a signed-out page stays as it is',
    text: "else if (status !== 'signed-out') store.apply",
    replacement: 'else store.apply',
  },
  {
    removes: 'no sign-out request during a sign-in',
    text: 'if (!actions.isSigningIn()) signOuts.sendIfDue(online)',
    replacement: 'signOuts.sendIfDue(online)',
  },
  {
    removes: 'a hidden tab does not refresh',
    text: 'page.isListening() && !platform.document.hidden',
    replacement: 'page.isListening()',
  },
  {
    removes: 'a client without subscribers does not refresh',
    text: 'page.isListening() && !platform.document.hidden',
    replacement: '!platform.document.hidden',
  },
  {
    removes: 'no timer for a sign-out during a sign-in',
    text: 'actions.isSigningIn() ? Infinity : signOuts.getNextTime()',
    replacement: 'signOuts.getNextTime()',
  },
  {
    removes: 'a delay is below 31 bits',
    text: 'Math.min(delay, 2 ** 31 - 1)',
    replacement: 'delay',
  },
  {
    removes: 'no timer after dispose',
    text: 'if (delay < Infinity && store.isActive())',
    replacement: 'if (delay < Infinity)',
  },
  {
    removes: 'a page from the back-forward cache is hidden',
    text: '    if ((event as PageTransitionEvent).persisted) store.apply(resetToRestoring)\n',
    replacement: '',
  },
  {
    removes: 'a page that is hidden or left sends nothing',
    text: "platform.document.hidden || event.type === 'pagehide'",
    replacement: 'false',
  },
  {
    removes: 'a sign-out in another tab aborts a sign-in',
    text: "message.type === 'signed-out' && actions.isSigningIn()",
    replacement: 'false',
  },
  {
    removes: 'a late message of a session that was signed out of changes nothing',
    text: '    if (isSignIn && requests.droppedSessions.has(message.sessionId)) return\n',
    replacement: '',
  },
  {
    removes: 'a late message of a sign-in does not undo a sign-out without a session id',
    text: "!isSignIn || signOuts.getSessionId() !== ''",
    replacement: 'true',
  },
  {
    removes: 'a message of a sign-out drops later responses',
    text: 'else requests.droppedSessions.add(message.sessionId)',
    replacement: '',
  },
  {
    removes: 'a sign-in in another tab cancels the sign-out',
    text: 'if (isSignIn) signOuts.cancel(true)',
    replacement: "if (message.type === 'signed-in') void 0",
  },
  {
    removes: 'missed messages are not made up for during a sign-out without a session id',
    text: "signOuts.getSessionId() !== '' && !store",
    replacement: '!store',
  },
  {
    removes: 'an uncertain session is asked for until there is a response',
    text: '(!wasFetching && page.hasMissedMessages()) || isUncertain',
    replacement: 'page.hasMissedMessages()',
  },
  {
    removes: 'missed messages are not made up for during a request',
    text: "signOuts.getSessionId() !== '' && !store.getState().isFetching",
    replacement: "signOuts.getSessionId() !== ''",
  },
  {
    removes: 'a request that ran before makes up for no messages',
    text: '(!wasFetching && page.hasMissedMessages())',
    replacement: 'page.hasMissedMessages()',
  },
  {
    removes: 'nothing is made up for after dispose',
    text: 'isDue && canShow && store.isActive()',
    replacement: 'isDue && canShow',
  },
  {
    removes: 'a failed attempt to make up for messages is repeated',
    text: "isUncertain = retryable || (isUncertain && reason === 'session_changed')",
    replacement: "isUncertain = isUncertain && reason === 'session_changed'",
  },
  {
    removes: 'a page whose request for an uncertain session was dropped stays uncertain',
    text: " || (isUncertain && reason === 'session_changed')",
    replacement: '',
  },
  {
    removes: 'other tabs hear of a session that an uncertain sign-in started',
    text: "if (isUncertain) page.post({ type: 'signed-in', sessionId: session.id })",
    replacement: '',
  },
  {
    removes: 'other tabs hear nothing of messages that a page has missed',
    text: 'if (isUncertain) page.post',
    replacement: 'page.post',
  },
  {
    removes: 'an uncertain sign-in makes the page ask',
    text: 'if (hasLostResponse) {',
    replacement: 'if (false) {',
  },
  {
    removes: 'nothing follows the confirmation of a sign-out after dispose',
    text: '    if (!store.isActive()) return\n    page.post',
    replacement: '    page.post',
  },
  {
    removes: 'only a page that adopted a sign-out looks for a later session',
    text: "(isAdopted || !requests.getLatest()) && store.getAuth().status === 'signed-out'",
    replacement: "store.getAuth().status === 'signed-out'",
  },
  {
    removes: 'a page that signed out before its first response looks for one',
    text: '(isAdopted || !requests.getLatest()) &&',
    replacement: 'isAdopted &&',
  },
  {
    removes: 'extend() of a signed-out page sends nothing',
    text: "      if (status === 'signed-out') throw createLoginRequiredError(reason)\n",
    replacement: '',
  },
  {
    removes: 'dispose aborts a sign-in',
    text: '      actions.abortSignIn()\n      page.stop()',
    replacement: '      page.stop()',
  },
]

const clientStore: readonly Omit<Mutant, 'file'>[] = [
  {
    removes: 'what listeners call during dispose rejects',
    text: '      isActive = false\n      setState({',
    replacement: '      setState({',
  },
  {
    removes: 'the end of a session aborts its requests',
    text: "      sessionController.abort(createLoginRequiredError(next.auth.reason ?? 'session_changed'))\n",
    replacement: '',
  },
  {
    removes: 'a result of an ended session is dropped',
    text: 'signal.aborted || setState',
    replacement: 'setState',
  },
  {
    removes: 'an error of an ended session is dropped',
    text: 'signal.aborted || !(isForState',
    replacement: '!(isForState',
  },
  {
    removes: 'a failed request beside the state changes nothing',
    text: 'signal.aborted || !(isForState || getEndReason(error))',
    replacement: 'signal.aborted',
  },
  {
    removes: 'no listener is left after a wait',
    text: '.finally(() => done.abort())',
    replacement: '',
  },
  {
    removes: 'a caller can give up',
    text: "        signal?.addEventListener('abort', () => reject(signal.reason), done)\n",
    replacement: '',
  },
]

const sessionActions: readonly Omit<Mutant, 'file'>[] = [
  {
    removes: 'a sign-out that is stored while the schema reads the user ends the sign-in',
    text: 'if (signOuts.getSessionId() !== undefined) {',
    replacement: 'if (false) {',
  },
  {
    removes: 'a sign-in does not cancel a later sign-out',
    text: '[undefined, pendingId].includes(signOuts.getSessionId())',
    replacement: 'true',
  },
  {
    removes: 'a later sign-in aborts an earlier one',
    text: '      abortSignIn()\n      const attempt',
    replacement: '      const attempt',
  },
  {
    removes: 'a sign-in aborts the request of a sign-out',
    text: '      signOuts.pause()\n',
    replacement: '',
  },
  {
    removes: 'a sign-in cancels the sign-out before it',
    text: 'signOuts.cancel()\n        }',
    replacement: 'return\n        }',
  },
  {
    removes: 'a replaced sign-in makes the outcome uncertain',
    text: '      hasLostResponse ||= Boolean(signingIn)\n',
    replacement: '',
  },
  {
    removes: 'a sign-in without a response makes the outcome uncertain',
    text: "        hasLostResponse ||= !(AuthError.is(error) && error.code !== 'network_error')\n",
    replacement: '',
  },
  {
    removes: 'a sign-in that fails for a known reason asks nothing',
    text: '!id && hasLostResponse',
    replacement: '!id',
  },
  {
    removes: 'a rejected user expires the session that was replaced',
    text: "(error as AuthError).reason === 'user_rejected'",
    replacement: 'false',
  },
  {
    removes: 'a replaced sign-in does not end the later one',
    text: 'if (signingIn === attempt) {',
    replacement: 'if (true) {',
  },
  {
    removes: 'a second sign-out sends nothing',
    text: "!store.isActive() || (status === 'signed-out' && !signingIn)",
    replacement: '!store.isActive()',
  },
  {
    removes: 'a sign-out after dispose sends nothing',
    text: "!store.isActive() || (status === 'signed-out'",
    replacement: "(status === 'signed-out'",
  },
  {
    removes: 'a sign-out drops later responses',
    text: '    if (session) requests.droppedSessions.add(session.id)\n',
    replacement: '',
  },
  {
    removes: 'a sign-out during a sign-in names no session',
    text: "status !== 'restoring' && !signingIn && session?.id",
    replacement: "status !== 'restoring' && session?.id",
  },
  {
    removes: 'a sign-out of a restoring page names no session',
    text: "status !== 'restoring' && !signingIn && session?.id",
    replacement: '!signingIn && session?.id',
  },
  {
    removes: 'a sign-out aborts a sign-in',
    text: '    abortSignIn()\n    signingIn = undefined',
    replacement: '    signingIn = undefined',
  },
]

const signOuts: readonly Omit<Mutant, 'file'>[] = [
  {
    removes: 'a late message does not cancel a stored sign-out',
    text: '    if (isElsewhere && readStorage()) return\n',
    replacement: '',
  },
  {
    removes:
      'a message does not cancel a sign-out of a session that is known where the storage does not work',
    text: '    if (isElsewhere && !isStored && getSessionId()) return\n',
    replacement: '',
  },
  {
    removes: 'a sign-out in memory counts where the storage does not work',
    text: 'stored === null && !isStored ? undefined : stored',
    replacement: 'stored',
  },
  {
    removes: 'a confirmation concerns its own sign-out',
    text: '        if ((readStorage() ?? query) !== query) return\n',
    replacement: '',
  },
  {
    removes: 'a failed sign-out is repeated',
    text: '        onFailed()\n',
    replacement: '',
  },
  {
    removes: 'a sign-out does not replace another one that is pending',
    text: "pendingId === undefined || pendingId === sessionId ? sessionId : ''",
    replacement: 'sessionId',
  },
  {
    removes: 'a pending sign-out everywhere stays one',
    text: "everywhere || pending?.query.endsWith('everywhere')",
    replacement: 'everywhere',
  },
  {
    removes: 'the request names its session',
    text: '?session_id=${id}',
    replacement: '?session_id=',
  },
]

const pendingSignOut: readonly Omit<Mutant, 'file'>[] = [
  {
    removes: 'a storage that does not work changes nothing',
    text: 'stored === undefined || stored === pending?.query',
    replacement: 'stored === pending?.query',
  },
  {
    removes: 'the sign-out that is known is not started again',
    text: 'stored === undefined || stored === pending?.query',
    replacement: 'stored === undefined',
  },
  {
    removes: 'a network that is back makes a sign-out due',
    text: 'now >= pending.nextAttemptAt || (online && pending.nextAttemptAt < Infinity)',
    replacement: 'now >= pending.nextAttemptAt',
  },
  {
    removes: 'one request of a sign-out at a time',
    text: 'online && pending.nextAttemptAt < Infinity',
    replacement: 'online',
  },
  {
    removes: 'a failure concerns its own sign-out',
    text: 'return pending?.query === query\n    ?',
    replacement: 'return pending\n    ?',
  },
  {
    removes: 'the failures of a sign-out are counted',
    text: 'failureCount: pending.failureCount + 1',
    replacement: 'failureCount: pending.failureCount',
  },
]

const withToken: readonly Omit<Mutant, 'file'>[] = [
  {
    removes: 'a caller who has given up gets nothing',
    text: '      signal?.throwIfAborted()\n',
    replacement: '',
  },
  {
    removes: 'a caller causes one request a session',
    text: 'fetchedEpoch !== next.epoch || time >= next.nextFetchAt',
    replacement: 'true',
  },
  {
    removes: 'a token that is due already is refreshed',
    text: 'fetchedEpoch !== next.epoch || time >= next.nextFetchAt',
    replacement: 'fetchedEpoch !== next.epoch',
  },
  {
    removes: 'a request of one user does not get the token of another one',
    text: '(initialSession ?? auth.session).subject !== auth.session.subject',
    replacement: 'false',
  },
  {
    removes: 'a rejected token is not used during its refresh',
    text: '(token !== rejectedToken && time < token.expiresAt)',
    replacement: '(time < token.expiresAt)',
  },
  {
    removes: 'an expired token is not used during its refresh',
    text: '(token !== rejectedToken && time < token.expiresAt)',
    replacement: '(token !== rejectedToken)',
  },
  {
    removes: 'callers wait only with hold',
    text: "holds && auth.status === 'expired' && !error",
    replacement: "auth.status === 'expired' && !error",
  },
  {
    removes: 'callers wait only while expired',
    text: "holds && auth.status === 'expired' && !error",
    replacement: 'holds && !error',
  },
]

const authorizedFetch: readonly Omit<Mutant, 'file'>[] = [
  {
    removes: 'the second send belongs to the session of the first',
    text: '        firstSessionSignal?.throwIfAborted()\n',
    replacement: '',
  },
  {
    removes: 'in proxy mode a request is not repeated',
    text: 'sentToken?.access_token && retryInput',
    replacement: 'retryInput',
  },
  {
    removes: 'a stream is not sent twice',
    text: 'init.body instanceof ReadableStream ? undefined : input',
    replacement: 'input',
  },
  {
    removes: 'a consumed request is cloned',
    text: 'input instanceof Request && input.body !== null ? input.clone() : input',
    replacement: 'input',
  },
  {
    removes: 'the rejected response occupies no connection',
    text: '    if (repeatedInput) void first.body?.cancel().catch(() => {})\n',
    replacement: '',
  },
  {
    removes: 'the clone of a request is cancelled',
    text: '      if (retryInput instanceof Request) retryInput.body?.cancel().catch(() => {})\n',
    replacement: '',
  },
  {
    removes: 'other origins get no token',
    text: 'if (!isAllowed || hasAuthorization) return platform.fetch(input, init)',
    replacement: 'if (hasAuthorization) return platform.fetch(input, init)',
  },
  {
    removes: "the caller's own Authorization is kept",
    text: 'if (!isAllowed || hasAuthorization) return platform.fetch(input, init)',
    replacement: 'if (!isAllowed) return platform.fetch(input, init)',
  },
  {
    removes: 'a path with a backslash is no own path',
    text: '/^\\/(?!\\/)[!-[\\]-~]*$/',
    replacement: '/^\\/(?!\\/)[!-~]*$/',
  },
  {
    removes: 'a path with two slashes is no own path',
    text: '/^\\/(?!\\/)[!-[\\]-~]*$/',
    replacement: '/^\\/[!-[\\]-~]*$/',
  },
  {
    removes: 'a base element of another origin is respected',
    text: 'ownPathPattern.test(url as string) && baseURI.startsWith(`${pageOrigin}/`)',
    replacement: 'ownPathPattern.test(url as string)',
  },
  {
    removes: 'opaque origins are rejected',
    text: 'if (href === `${origin}/`) return origin',
    replacement: 'return origin',
  },
  {
    removes: 'insufficient_scope causes no refresh',
    text: "return !(errors.length && errors.every((error) => error === 'insufficient_scope'))",
    replacement: 'return true',
  },
  {
    removes: 'only a 401 causes a refresh',
    text: '  if (status !== 401) return false\n',
    replacement: '',
  },
  {
    removes: 'a blob needs no token',
    text: '    if (/^blob:/i.test(url as string)) return platform.fetch(input, init)\n',
    replacement: '',
  },
]

const others: Record<string, readonly Omit<Mutant, 'file'>[]> = {
  'value-stores.ts': [
    {
      removes: 'an expired token is not shown',
      text: 'token?.access_token && now() < token.expiresAt',
      replacement: 'token?.access_token',
    },
  ],
  'retry.ts': [
    { removes: 'the minimum of 250 ms', text: 'Math.max(250, random', replacement: 'Math.max(0, random' },
    { removes: 'the jitter', text: 'random * Math.min(60_000', replacement: 'Math.min(60_000' },
    {
      removes: 'the limit of one minute',
      text: 'Math.min(60_000, 1000 * 2 ** failures)',
      replacement: '1000 * 2 ** failures',
    },
    {
      removes: 'the limit of thirty seconds for callers',
      text: 'Math.min(30_000, 250 * 2 ** failures)',
      replacement: '250 * 2 ** failures',
    },
    {
      removes: 'the limit of Retry-After',
      text: 'Math.min(600, retryAfter)',
      replacement: 'retryAfter',
    },
    {
      removes: 'Retry-After',
      text: 'Math.max(delay, Math.min(600, retryAfter) * 1000)',
      replacement: 'delay',
    },
    {
      removes: 'no negative Retry-After',
      text: 'return wait >= 0 ? wait : undefined',
      replacement: 'return wait',
    },
  ],
  'token.ts': [
    {
      removes: 'the margin is a minute at most',
      text: 'Math.min(60, lifetime / 3)',
      replacement: 'lifetime / 3',
    },
    { removes: 'the margin is a third at most', text: 'Math.min(60, lifetime / 3)', replacement: '60' },
    {
      removes: 'the minimum of ten seconds',
      text: 'Math.max(10, lifetime - margin)',
      replacement: '(lifetime - margin)',
    },
  ],
  'clock.ts': [
    {
      removes: 'the wall clock alone tells the time for a moment only',
      text: 'passed >= 0 && passed < maxWallClockMs',
      replacement: 'passed >= 0',
    },
    {
      removes: 'the wall clock that was set back does not tell the time',
      text: 'passed >= 0 && passed < maxWallClockMs',
      replacement: 'passed < maxWallClockMs',
    },
    { removes: 'sleep counts', text: 'if (gain > 2_000) sleptMs += gain', replacement: '' },
    {
      removes: 'the drift of clocks is no sleep',
      text: 'if (gain > 2_000) sleptMs += gain',
      replacement: 'if (gain > 0) sleptMs += gain',
    },
    {
      removes: 'a clock that was set back hides no later sleep',
      text: '!(gain >= 0 && gain <= 2_000)',
      replacement: 'gain > 2_000',
    },
    {
      removes: 'short periods of sleep add up',
      text: '!(gain >= 0 && gain <= 2_000)',
      replacement: 'gain !== 0',
    },
  ],
  'session-requests.ts': [
    {
      removes: 'a response to a sign-in that arrives after the page stood still counts as lost',
      text: "      if (onResponse && now() - sentAt > 10_000) throw new AuthError('network_error', 'Late response')\n",
      replacement: '',
    },
    {
      removes: 'a refresh without a valid token is a failure',
      text: "      if (!token && path === tokenPath) throw new AuthError('temporarily_unavailable', 'No valid token')\n",
      replacement: '',
    },
    {
      removes: 'a session that was signed out of is not shown',
      text: "      if (droppedSessions.has(id)) throw createLoginRequiredError('signed_out_elsewhere')\n",
      replacement: '',
    },
    {
      removes: 'an aborted response is not used',
      text: '      signal.throwIfAborted()\n',
      replacement: '',
    },
    {
      removes: 'an aborted response ends no session',
      text: 'if (!signal.aborted) {',
      replacement: '{',
    },
    {
      removes: 'the equal user is the same object',
      text: 'if (text !== sessionText) {',
      replacement: 'if (true) {',
    },
  ],
  'bff-request.ts': [
    { removes: 'no response comes from a cache', text: "      cache: 'no-store',\n", replacement: '' },
    {
      removes: 'the time limit',
      text: 'combineSignals(platform.AbortSignal.timeout(9_500), signal)',
      replacement: 'signal ?? null',
    },
    {
      removes: 'a sign-out continues after the page',
      text: "keepalive: method === 'DELETE'",
      replacement: 'keepalive: false',
    },
    {
      removes: 'only a sign-out uses the quota of keepalive',
      text: "keepalive: method === 'DELETE'",
      replacement: 'keepalive: true',
    },
    {
      removes: 'a response that the BFF did not write is an error',
      text: "(isSessionResponse(body) || (method === 'DELETE' && status === 204))",
      replacement: 'true',
    },
    {
      removes: 'an error that the BFF did not write has no code of its own',
      text: '!ok && isErrorResponse(body) ? body : {}',
      replacement: '((body ?? {}) as Record<string, never>)',
    },
  ],
  'page-events.ts': [
    {
      removes: 'a component that mounts again sends nothing',
      text: 'now() - channelClosedAt >= 1000',
      replacement: 'now() >= channelClosedAt',
    },
    {
      removes: 'a page with a channel misses nothing',
      text: '      channelClosedAt = Infinity\n',
      replacement: '',
    },
    {
      removes: 'the time without listeners counts',
      text: '      listeners = channel = undefined\n      channelClosedAt = Math.min(channelClosedAt, now())',
      replacement: '      listeners = channel = undefined',
    },
    {
      removes: 'stop ends the listeners',
      text: '      listeners.abort()\n',
      replacement: '',
    },
    {
      removes: 'stop closes the channel',
      text: '      channel?.close()\n',
      replacement: '',
    },
    {
      removes: 'a channel of a moment is closed',
      text: 'if (sender !== channel) sender?.close()',
      replacement: '',
    },
  ],
  'observers.ts': [
    {
      removes: 'listeners hear only changes',
      text: 'if (lastValue !== previous) listener',
      replacement: 'listener',
    },
    {
      removes: 'the first observer starts the client once',
      text: 'observers.add(observer).size === 1',
      replacement: 'observers.add(observer)',
    },
  ],
  'ready.ts': [
    { removes: 'the same promise', text: 'if (promiseState !== state) {', replacement: 'if (true) {' },
    {
      removes: 'a promise that nobody waits for ends no process',
      text: '      promise.catch(() => {})\n',
      replacement: '',
    },
    {
      removes: 'ready ends with dispose',
      text: "=== 'restoring'; store.assertActive())",
      replacement: "=== 'restoring'; )",
    },
  ],
  'errors.ts': [{ removes: 'a cause can be its own cause', text: 'level < 8', replacement: 'error' }],
  'platform.ts': [
    {
      removes: 'storage and channels may throw',
      text: '  } catch {\n    // Returns undefined.\n  }',
      replacement: '  } finally {\n  }',
    },
  ],
  'user.ts': [{ removes: 'a schema may throw', text: 'message = String(error)', replacement: 'throw error' }],
  'check-cookie.ts': [
    {
      removes: 'a sign-out is no lost cookie',
      text: "response?.session === null && status === 'signed-in' && session.id === sessionId",
      replacement: 'response?.session === null',
    },
  ],
}

const withFile = (file: string, list: readonly Omit<Mutant, 'file'>[]): Mutant[] =>
  list.map((mutant) => ({ file, ...mutant }))

export const mutants: readonly Mutant[] = [
  ...withFile('auth-state.ts', authState),
  ...withFile('create-auth-client.ts', createAuthClient),
  ...withFile('client-store.ts', clientStore),
  ...withFile('session-actions.ts', sessionActions),
  ...withFile('sign-outs.ts', signOuts),
  ...withFile('pending-sign-out.ts', pendingSignOut),
  ...withFile('with-token.ts', withToken),
  ...withFile('authorized-fetch.ts', authorizedFetch),
  ...Object.entries(others).flatMap(([file, list]) => withFile(file, list)),
]
