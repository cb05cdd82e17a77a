import { AuthError } from '@latchkey/core'
import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import type { Item } from './items.ts'
import { ItemsError, itemsQuery } from './items.ts'

export function ItemTable() {
  const { data, error, isFetching, refetch } = useQuery(itemsQuery)
  const [wanted, setWanted] = useState('')
  const field = useId()
  const problem = error && problemText(error)
  const found = data?.filter(({ name }) => name.toLowerCase().includes(wanted.trim().toLowerCase()))

  return (
    <section aria-labelledby="items">
      <div className="section-head">
        <h2 id="items">Items</h2>
        <div className="find">
          <label htmlFor={field}>Find an item</label>
          <input
            id={field}
            type="search"
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
            autoComplete="off"
          />
        </div>
      </div>
      {problem !== null && (
        <p role="alert" className="notice">
          {problem}{' '}
          <button type="button" className="link" onClick={() => void refetch()}>
            Try again
          </button>
        </p>
      )}
      {found && (
        <table>
          <thead>
            <tr>
              <th scope="col">Item</th>
              <th scope="col">Status</th>
              <th scope="col" className="wide">
                Priority
              </th>
              <th scope="col" className="wide">
                Assigned to
              </th>
              <th scope="col" className="wide">
                Due
              </th>
            </tr>
          </thead>
          <tbody>
            {found.map((item) => (
              <Row key={item.id} {...item} />
            ))}
          </tbody>
        </table>
      )}
      <p role="status" className="quiet-text">
        {!data && isFetching && 'Loading the items…'}
        {found && `${found.length} of ${data?.length} items`}
      </p>
    </section>
  )
}

function Row({ name, status, priority, assigned_to, due_date }: Item) {
  const due = due_date === null ? '—' : dates.format(new Date(`${due_date}T00:00:00Z`))
  return (
    <tr>
      <td>
        {name}
        <span className="narrow">
          {assigned_to.name}, <span>{due_date === null ? 'no date' : due}</span>
        </span>
      </td>
      <td>{status.name}</td>
      <td className="wide">{priority.name}</td>
      <td className="wide">{assigned_to.name}</td>
      <td className="wide number">{due}</td>
    </tr>
  )
}

const dates = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})

/** What to say above the items; nothing when the session has ended, which the page says as a whole. */
function problemText(error: Error): string | null {
  if (AuthError.is(error) && error.code === 'login_required') return null
  if (error instanceof ItemsError && error.status === 401)
    return 'Axosoft no longer accepts this session. Sign out and in again.'
  return 'The items could not be loaded.'
}
