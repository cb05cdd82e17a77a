import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { findAuthError } from '@latchkey/core'
import type { TestAuth } from '@latchkey/core/testing'
import { createTestAuth } from '@latchkey/core/testing'
import { configureStore, createSlice } from '@reduxjs/toolkit'
import { createApi, fetchBaseQuery } from '@reduxjs/toolkit/query'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { Client as UrqlClient, fetchExchange } from '@urql/core'
import axios from 'axios'
import { GraphQLClient } from 'graphql-request'
import ky from 'ky'
import { ofetch } from 'ofetch'
import createOpenApiClient from 'openapi-fetch'
import { describe, expect, it } from 'vitest'

const origin = 'https://app.test'
const graphqlUrl = `${origin}/api/graphql`

/** A router of tRPC, for the types of its client. */
const t = initTRPC.create()
const router = t.router({
  addItem: t.procedure.input((value) => value as { name: string }).mutation(({ input }) => input),
})

interface OpenApiPaths {
  '/api/items': {
    post: {
      requestBody: { content: { 'application/json': { name: string } } }
      responses: { 200: { content: { 'application/json': { name: string } } } }
    }
  }
}

/** How each data client adds an item with `auth.fetch` as its only adapter. Returns the name that the API returned. */
const dataClients: Record<string, (auth: TestAuth<unknown>) => Promise<string | undefined>> = {
  'openapi-fetch': async (auth) => {
    const client = createOpenApiClient<OpenApiPaths>({ baseUrl: origin, fetch: auth.fetch })
    return (await client.POST('/api/items', { body: { name: 'pen' } })).data?.name
  },

  ky: async (auth) => {
    const api = ky.create({ fetch: auth.fetch, prefixUrl: origin, retry: 0 })
    return (await api.post('api/items', { json: { name: 'pen' } }).json<{ name: string }>()).name
  },

  axios: async (auth) => {
    const api = axios.create({ baseURL: origin, adapter: 'fetch', env: { fetch: auth.fetch } })
    return (await api.post<{ name: string }>('/api/items', { name: 'pen' })).data.name
  },

  ofetch: async (auth) => {
    const api = ofetch.create({}, { fetch: auth.fetch })
    return (await api<{ name: string }>(`${origin}/api/items`, { method: 'POST', body: { name: 'pen' } }))
      .name
  },

  'tRPC, httpBatchLink': async (auth) => {
    const client = createTRPCClient<typeof router>({
      links: [
        httpBatchLink({
          url: `${origin}/api/trpc`,
          // The types of tRPC differ from those of fetch under `exactOptionalPropertyTypes`.
          fetch: (url, options) => auth.fetch(url, options as RequestInit),
        }),
      ],
    })
    return (await client.addItem.mutate({ name: 'pen' })).name
  },

  urql: async (auth) => {
    const client = new UrqlClient({
      url: graphqlUrl,
      fetch: auth.fetch,
      exchanges: [fetchExchange],
      preferGetMethod: false,
    })
    const { data, error } = await client
      .mutation(`mutation { addItem(name: "pen") { name } }`, {})
      .toPromise()
    if (error?.networkError) throw error.networkError
    return data?.addItem.name
  },

  'graphql-request': async (auth) => {
    const client = new GraphQLClient(graphqlUrl, { fetch: auth.fetch })
    const data = await client.request<{ addItem: { name: string } }>(
      `mutation { addItem(name: "pen") { name } }`,
    )
    return data.addItem.name
  },

  'Apollo Client': async (auth) => {
    const client = new ApolloClient({
      link: new HttpLink({ uri: graphqlUrl, fetch: auth.fetch }),
      cache: new InMemoryCache(),
    })
    const { data } = await client.mutate<{ addItem: { name: string } }>({
      mutation: gql`
        mutation {
          addItem(name: "pen") {
            name
          }
        }
      `,
    })
    return data?.addItem.name
  },

  'RTK Query': async (auth) => {
    const api = createApi({
      baseQuery: fetchBaseQuery({ baseUrl: origin, fetchFn: auth.fetch }),
      endpoints: (build) => ({
        addItem: build.mutation<{ name: string }, { name: string }>({
          query: (body) => ({ url: '/api/items', method: 'POST', body }),
        }),
      }),
    })
    const store = configureStore({
      reducer: {
        [api.reducerPath]: api.reducer,
        unused: createSlice({ name: 'unused', initialState: 0, reducers: {} }).reducer,
      },
      middleware: (defaults) => defaults().concat(api.middleware),
    })
    const result = await store.dispatch(api.endpoints.addItem.initiate({ name: 'pen' }))
    if (result.error && 'error' in result.error) throw new Error(result.error.error)
    return result.data?.name
  },
}

describe.for(Object.entries(dataClients))('%s with auth.fetch', ([, addItem]) => {
  it('sends a POST again with its body after one refresh', async () => {
    const bodies: string[] = []
    const auth = createTestAuth({
      user: { name: 'Cathy' },
      pageUrl: `${origin}/`,
      api: async (request, bff) => {
        bodies.push(await request.clone().text())
        return bff.acceptsToken(request) ? respond(request) : new Response(null, { status: 401 })
      },
    })
    await auth.getAccessToken()
    auth.bff.revokeTokens()
    expect(await addItem(auth)).toBe('pen')
    expect(bodies).toHaveLength(2)
    expect(bodies[1]).toBe(bodies[0])
    expect(bodies[0]).toContain('pen')
    expect(auth.bff.grantCount()).toBe(1)
  })

  it('rejects a signed-out caller with login_required, and sends nothing to the API', async () => {
    const auth = createTestAuth({
      pageUrl: `${origin}/`,
      api: () => {
        throw new Error('The API got a request')
      },
    })
    const error: unknown = await addItem(auth).then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(String(findAuthError(error) ?? error)).toContain('login_required')
  })
})

/** Returns the response of the API in the format of the request. */
async function respond(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname.startsWith('/api/trpc')) return Response.json([{ result: { data: { name: 'pen' } } }])
  if (pathname === '/api/graphql')
    return Response.json({ data: { addItem: { name: 'pen', __typename: 'Item' } } })
  return Response.json(await request.json())
}
