/**
 * Describes why a hook or component has no client, for the error that it throws. Only development builds contain it: the
 * import `#diagnosis` resolves to this file under the condition `development`, otherwise to
 * {@link file://./diagnosis-production.ts}.
 *
 * @param caller the hook or component, for example `useAuth`
 */
export const describeMissingClient: ((caller: string) => string) | null = (caller) =>
  caller === 'AuthProvider'
    ? '<AuthProvider> was rendered without a client. Create one with createAuthClient() in a separate module, and pass it: <AuthProvider client={auth}>.'
    : `${caller.startsWith('use') ? `${caller}() was called` : `<${caller}> was rendered`} outside <AuthProvider>. Render <AuthProvider client={…}> above this component. If there is one, two copies of @latchkey/react are installed: run npm ls @latchkey/react`
