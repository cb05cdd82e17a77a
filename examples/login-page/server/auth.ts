import { createBff } from '@latchkey/bff'
import { axosoft, brightPattern, classSuper, classy } from '@latchkey/bff/providers'
import { authorizeLocalhost } from './authorize.ts'

/** A variable of `.env`, or of the place where this runs. */
const env = (name: string): string => process.env[name] ?? ''

const classySite = env('CLASSY_SITE') || 'https://api.classy.org'

/**
 * What keeps the client secrets and the sessions: one BFF for each system, with a path and a cookie of its own. They run
 * inside `vite dev` here; in production wherever Node runs. An application of your own has one of them, at `/auth`.
 */
export default [
  createBff({
    basePath: '/auth/axosoft',
    provider: axosoft({
      site: env('AXOSOFT_SITE'),
      clientId: env('AXOSOFT_CLIENT_ID'),
      clientSecret: env('AXOSOFT_CLIENT_SECRET'),
    }),
  }),

  createBff({
    basePath: '/auth/class',
    provider: classSuper({
      business: env('CLASS_BUSINESS'),
      clientId: env('CLASS_CLIENT_ID'),
      clientSecret: env('CLASS_CLIENT_SECRET'),
      // An ID Token, which says who signs in; a refresh token; and the list of funds.
      scope: ['openid', 'profile', 'email', 'offline_access', 'fund.read', 'business.fund.list'],
      ...(env('CLASS_DISCOVERY') && { discovery: env('CLASS_DISCOVERY') }),
    }),
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
    // The token is the application's: it stays here, and the page reaches this one list with it.
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
    provider: brightPattern({
      tenant: env('BRIGHT_PATTERN_TENANT'),
      ...(env('BRIGHT_PATTERN_SITE') && { site: env('BRIGHT_PATTERN_SITE') }),
    }),
  }),
]
