import { render, screen } from '@testing-library/react'
import { createTestAuth } from '@latchkey/core/testing'
import type { ReactElement } from 'react'
import { expect, it } from 'vitest'
import { AuthProvider, useAccessToken, useAuth } from '../src/index.ts'

function Name(): ReactElement {
  const { status } = useAuth()
  const token = useAccessToken()
  return (
    <p>
      {status} {token}
    </p>
  )
}

it('the published test client works where the DOM is simulated and cookies are dropped', async () => {
  const auth = createTestAuth({ user: { username: 'cathy' } })
  render(
    <AuthProvider client={auth}>
      <Name />
    </AuthProvider>,
  )
  expect(await screen.findByText('signed-in session-1.token-1')).toBeDefined()
})
