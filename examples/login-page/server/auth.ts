import { createBff } from '@latchkey/bff'
import { axosoft, brightPattern, classSuper, classy } from '@latchkey/bff/providers'
import { authorizeLocalhost } from './authorize.ts'

/** Reads a variable of `.env.local` or of the environment. */
const env = (name: string): string => process.env[name] ?? ''

const axosoftSite = env('AXOSOFT_SITE')
const brightPatternSite = env('BRIGHT_PATTERN_SITE') || `https://${env('BRIGHT_PATTERN_TENANT')}`
const classApi = env('CLASS_API') || 'https://api.class.com.au/api/1.0'
const classySite = env('CLASSY_SITE') || 'https://api.classy.org'

/**
 * One BFF for each system, with its own path and cookie. They keep the client secrets and the sessions, and the page
 * reaches each API through their `proxy` routes. They run inside `vite dev` here, and in your Node server in production.
 * Your application has one of them, at `/auth`.
 */
export default [
  createBff({
    basePath: '/auth/axosoft',
    provider: axosoft({
      site: axosoftSite,
      clientId: env('AXOSOFT_CLIENT_ID'),
      clientSecret: env('AXOSOFT_CLIENT_SECRET'),
    }),
    proxy: [{ path: '/api/axosoft/items', to: `${axosoftSite}/api/v6/items`, methods: ['GET'] }],
  }),

  createBff({
    basePath: '/auth/class',
    provider: classSuper({
      business: env('CLASS_BUSINESS'),
      clientId: env('CLASS_CLIENT_ID'),
      clientSecret: env('CLASS_CLIENT_SECRET'),
      // For an ID Token with the user's name, a refresh token, and the list of funds.
      scope: ['openid', 'profile', 'email', 'offline_access', 'fund.read', 'business.fund.list'],
      api: classApi,
      ...(env('CLASS_DISCOVERY') && { discovery: env('CLASS_DISCOVERY') }),
    }),
    proxy: [
      {
        path: '/api/class/funds',
        to: `${classApi}/b/${env('CLASS_BUSINESS')}/fund-data/fund-list`,
        methods: ['GET'],
      },
    ],
  }),

  createBff({
    basePath: '/auth/classy',
    provider: classy({
      clientId: env('CLASSY_CLIENT_ID'),
      clientSecret: env('CLASSY_CLIENT_SECRET'),
      ...(env('CLASSY_INTEGRATION_ID') && { integrationId: env('CLASSY_INTEGRATION_ID') }),
      site: classySite,
    }),
    authorize: authorizeLocalhost,
    // A machine token stays on the server; the page gets only what this route returns.
    mode: 'proxy',
    proxy: [
      {
        path: '/api/classy/campaigns',
        to: `${classySite}/2.0/organizations/${env('CLASSY_ORGANIZATION')}/campaigns`,
        methods: ['GET'],
      },
    ],
  }),

  createBff({
    basePath: '/auth/bright-pattern',
    provider: brightPattern({ tenant: env('BRIGHT_PATTERN_TENANT'), site: brightPatternSite }),
    proxy: [
      {
        path: '/api/bright-pattern/users',
        to: `${brightPatternSite}/configapi/v2/phone/user`,
        methods: ['GET'],
      },
    ],
  }),
]
