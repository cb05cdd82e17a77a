// @vitest-environment happy-dom
import { describe } from 'vitest'
import { defineTests } from './define-tests.ts'

describe('a fake BFF behind Mock Service Worker in happy-dom', () => {
  defineTests()
})
