import { defineConfig } from '@playwright/test'

// A Chromium that is installed already: CHROME_PATH=/usr/bin/chromium npx playwright test
const { CHROME_PATH: executablePath } = process.env

export default defineConfig({
  testDir: 'e2e',
  // Milliseconds, for a machine that is busy with other work.
  timeout: 60_000,
  expect: { timeout: 20_000 },
  use: {
    baseURL: 'http://localhost:5174',
    ...(executablePath && { launchOptions: { executablePath } }),
  },
  webServer: [
    { command: 'npx latchkey-sandbox --port 8911', url: 'http://127.0.0.1:8911/health' },
    {
      command: 'npx vite --port 5174 --strictPort',
      url: 'http://localhost:5174',
      // These win over `.env.local`, so that the tests never reach the real system.
      env: {
        AXOSOFT_SITE: 'http://127.0.0.1:8911/axosoft',
        CLIENT_ID: 'latchkey-demo-client',
        CLIENT_SECRET: 'latchkey-demo-secret',
      },
    },
  ],
})
