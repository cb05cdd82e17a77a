import { useAuth } from '@latchkey/react'
import { AccessTokenCard } from './AccessTokenCard.tsx'
import { ListTable } from './ListTable.tsx'
import { useSystem } from './useSystem.ts'
import { useTitle } from './useTitle.ts'

/** The page of a signed-in user. A refresh of the token does not render it. */
export function Portal() {
  const { user } = useAuth()
  const { list } = useSystem()
  useTitle(list.title)

  return (
    <>
      <main>
        <h1 tabIndex={-1}>Hello, {user?.firstName}</h1>
        <div className="cards">
          <section className="card" aria-labelledby="account">
            <h2 id="account">Account</h2>
            <p className="strong">{user?.name}</p>
            <p className="quiet-text">{user?.detail}</p>
          </section>
          <AccessTokenCard />
        </div>
        <ListTable />
      </main>
      <footer>
        <a href={`/help.html${location.search}`}>Help</a>
      </footer>
    </>
  )
}
