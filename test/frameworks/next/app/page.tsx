import { getSession } from '../server/auth'

export default async function Page() {
  const { session } = await getSession()
  return session && <h1>Inbox of {String(session.user?.['first_name'])}</h1>
}
