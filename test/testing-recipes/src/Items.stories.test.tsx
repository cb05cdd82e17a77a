// @vitest-environment happy-dom
import { composeStories } from '@storybook/react'
import { cleanup, configure, render, screen } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import * as stories from './Items.stories.tsx'

const { TwoItems, NoItems, SignedOut } = composeStories(stories)

// Milliseconds, for a machine that is busy with other work.
configure({ asyncUtilTimeout: 20_000 })
afterEach(cleanup)

it('shows the items of each story to its user', async () => {
  render(<TwoItems />)
  expect(await screen.findByText('pen, cup')).toBeDefined()
  cleanup()
  render(<NoItems />)
  expect((await screen.findByRole('heading')).textContent).toBe('')
})

it('shows the form where nobody is signed in', async () => {
  render(<SignedOut />)
  expect(await screen.findByText('Sign in')).toBeDefined()
})
