/** The parts of oidc-provider that `oidc-provider.ts` uses. The package has no types. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  interface Model {
    save(): Promise<string>
  }

  export interface Grant extends Model {
    addOIDCScope(scope: string): void
  }

  interface Client {
    clientId: string
  }

  interface GrantContext {
    oidc: { client: Client; params: Record<string, string | undefined> }
    body: unknown
  }

  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>)
    callback(): RequestListener
    registerGrantType(
      name: string,
      handler: (context: GrantContext) => Promise<void>,
      parameters: string[],
    ): void
    Grant: new (payload: { accountId: string; clientId: string }) => Grant
    AccessToken: new (payload: Record<string, unknown>) => Model & { expiration: number; scope: string }
    RefreshToken: new (payload: Record<string, unknown>) => Model
  }

  export const errors: { InvalidGrant: new (message: string) => Error }
}
