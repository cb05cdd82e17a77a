'use client'

import type { Context } from 'react'
import { createContext } from 'react'
import type { RegisteredClient } from './register.ts'

/** The one context. It holds the client, never a state, so that nobody renders because of it. */
export const AuthClientContext: Context<RegisteredClient | null> = createContext<RegisteredClient | null>(
  null,
)
