import { useAuth } from '@latchkey/react'

/** A short form; that of the README has messages and second factors. */
export function SignIn() {
  const { signIn } = useAuth()
  return (
    <form
      method="post"
      onSubmit={(event) => {
        event.preventDefault()
        void signIn(Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>)
      }}
    >
      <input name="username" aria-label="Username" />
      <input name="password" aria-label="Password" type="password" />
      <button>Sign in</button>
    </form>
  )
}
