import { AuthError } from '@latchkey/core'
import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { ApiError } from './api.ts'
import { listQuery } from './query-client.ts'
import type { Row, System } from './systems/system.ts'
import { useSystem } from './useSystem.ts'

export function ListTable() {
  const system = useSystem()
  const { title, itemLabel, itemsLabel, columns } = system.list
  const { data, error, isFetching, refetch } = useQuery(listQuery(system))
  const [search, setSearch] = useState('')
  const heading = useId()
  const field = useId()
  const problem = error && describeListError(error, system)
  const rows = data?.filter(({ name }) => name.toLowerCase().includes(search.trim().toLowerCase()))

  return (
    <section aria-labelledby={heading}>
      <div className="section-head">
        <h2 id={heading}>{title}</h2>
        <div className="find">
          <label htmlFor={field}>Find {itemLabel}</label>
          <input
            id={field}
            type="search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
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
      {rows && (
        <table>
          <thead>
            <tr>
              {columns.map((column, index) => (
                <th key={column} scope="col" className={index > 1 ? 'wide' : undefined}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <TableRow key={row.id} {...row} />
            ))}
          </tbody>
        </table>
      )}
      <p role="status" className="quiet-text">
        {!data && isFetching && `Loading the ${itemsLabel}…`}
        {rows && `${rows.length} of ${data?.length} ${itemsLabel}`}
      </p>
    </section>
  )
}

function TableRow({ name, status, details, shortDetails }: Row) {
  return (
    <tr>
      <td>
        {name}
        <span className="narrow">{shortDetails}</span>
      </td>
      <td>{status}</td>
      {details.map((detail, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- a column is its index
        <td key={index} className="wide">
          {detail}
        </td>
      ))}
    </tr>
  )
}

/** The message above the list; `null` when the session has ended, which the whole page shows. */
function describeListError(error: Error, { label, list }: System): string | null {
  if (AuthError.is(error) && error.code === 'login_required') return null
  if (error instanceof ApiError && error.status === 401)
    return `${label} no longer accepts this session. Sign out and in again.`
  return `The ${list.itemsLabel} could not be loaded.`
}
