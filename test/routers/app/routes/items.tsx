import type { LoaderFunctionArgs } from 'react-router'
import { data, useLoaderData } from 'react-router'
import { fetchApi } from '../bff.server.ts'

export async function loader({ request }: LoaderFunctionArgs) {
  const response = await fetchApi(request, '/api/items')
  if (!response.ok) throw data(null, response.status)
  return (await response.json()) as { data: { id: number; name: string }[] }
}

export default function Items() {
  return <h1>{useLoaderData<typeof loader>().data.length} items</h1>
}
