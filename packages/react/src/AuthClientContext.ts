'use client'

import type { Context } from 'react'
import { createContext } from 'react'
import type { RegisteredClient } from './register.ts'

/** Provides the client and never a state, so that its consumers do not render because of it. */
export const AuthClientContext: Context<RegisteredClient | null> = createContext<RegisteredClient | null>(
  null,
)
