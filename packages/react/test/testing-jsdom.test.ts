// @vitest-environment jsdom
// The same tests in the other simulated DOM.
import './testing.test.tsx'
