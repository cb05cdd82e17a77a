// @vitest-environment happy-dom
import { cleanup, configure, render, screen } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import * as stories from './src/Items.stories.tsx'

// Milliseconds, for a machine that is busy with other work.
configure({ asyncUtilTimeout: 20_000 })
afterEach(cleanup)

// Storybook calls a decorator in this way. Storybook itself would triple what CI installs.
it('the decorator of docs/testing.md gives each story its own user and API', async () => {
  const {
    default: { component: Story, decorators },
    TwoItems,
    NoItems,
  } = stories
  const [decorate] = decorators
  render(decorate!(Story, TwoItems))
  await screen.findByText('pen, cup')
  cleanup()
  render(decorate!(Story, NoItems))
  expect((await screen.findByRole('heading')).textContent).toBe('')
})
