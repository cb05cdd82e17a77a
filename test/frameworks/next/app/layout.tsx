import type { ReactNode } from 'react'
import { getSession } from '../server/auth'
import { Providers } from './Providers'

export default async function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <Providers initialState={await getSession()}>{children}</Providers>
      </body>
    </html>
  )
}
