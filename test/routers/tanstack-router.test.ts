// @vitest-environment happy-dom
import { defineTests } from './define-tests.tsx'

defineTests(() => import('./src/tanstack-router.tsx'))
