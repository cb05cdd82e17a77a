import type { Meta, StoryObj } from '@storybook/react'
import { Items } from './Items.tsx'
import { withAuth } from './with-auth.tsx'

const meta: Meta<typeof Items> = { component: Items, decorators: [withAuth] }
export default meta

type Story = StoryObj<typeof Items>

export const TwoItems: Story = {
  parameters: { auth: { user: { username: 'cathy' }, api: () => Response.json(['pen', 'cup']) } },
}

export const NoItems: Story = {
  parameters: { auth: { user: { username: 'cathy' }, api: () => Response.json([]) } },
}

export const SignedOut: Story = { parameters: { auth: {} } }
