import { createFakeBff } from '@latchkey/core/testing'
import { configure, fireEvent, screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'

// Milliseconds, for a machine that is busy with other work.
configure({ asyncUtilTimeout: 10_000 })

// No network: the BFF is in memory, and the API is a function. happy-dom keeps no cookie that a script cannot read.
const bff = createFakeBff({ users: { cathy: 'correct horse' }, cookies: false })

vi.stubGlobal('fetch', async (input: RequestInfo | URL, init?: RequestInit) => {
  const request = new Request(input, init)
  if (new URL(request.url).pathname.startsWith('/auth/')) return bff.fetch(request)
  return Response.json({ data: [{ id: 1, name: 'A work item' }] })
})

it('shows the data to a user who signs in, and the form again after a sign-out', async () => {
  document.body.innerHTML = '<div id="root"></div>'
  await import('./main.tsx')

  fireEvent.change(await screen.findByLabelText('Username'), { target: { value: 'cathy' } })
  fireEvent.change(screen.getByLabelText('Password'), { target: { value: 'correct horse' } })
  fireEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  expect(await screen.findByText('A work item')).toBeDefined()

  fireEvent.click(screen.getByRole('button', { name: 'Sign out' }))
  expect(await screen.findByLabelText('Username')).toBeDefined()
})
