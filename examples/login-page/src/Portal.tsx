import { useAuth } from '@latchkey/react'
import { AccessTokenCard } from './AccessTokenCard.tsx'
import { focusHeading } from './focus-heading.ts'
import { ItemTable } from './ItemTable.tsx'
import { KeyMark } from './KeyMark.tsx'
import { useTitle } from './useTitle.ts'

/** What a signed-in user sees. It renders when the user changes, not when the token does. */
export function Portal() {
  const { user, signOut } = useAuth()
  useTitle('Items')

  const leave = async (): Promise<void> => {
    await signOut()
    focusHeading()
  }

  return (
    <div className="page">
      <header className="top">
        <p className="brand">
          <KeyMark /> Latchkey
        </p>
        <button type="button" onClick={() => void leave()}>
          Sign out
        </button>
      </header>
      <main>
        <h1 tabIndex={-1}>Hello, {user?.first_name}</h1>
        <div className="cards">
          <section className="card" aria-labelledby="account">
            <h2 id="account">Account</h2>
            <p className="strong">
              {user?.first_name} {user?.last_name}
            </p>
            <p className="quiet-text">{user?.email}</p>
          </section>
          <AccessTokenCard />
        </div>
        <ItemTable />
      </main>
      <footer>
        <a href="/help.html">Help</a>
      </footer>
    </div>
  )
}
