/** A user who can sign in. */
export interface SandboxUser {
  readonly username: string
  readonly password: string
  readonly id: number
  readonly firstName: string
  readonly lastName: string
  readonly email: string
  /** The API secret for Bright Pattern, which issues no token to a user without one. */
  readonly apiSecret?: string
}

/** The client that is registered at the authorization servers. */
export interface Client {
  readonly clientId: string
  readonly clientSecret: string
}

/** The user of the demo, with the profile from Axosoft's documentation. */
export const cathy: Required<SandboxUser> = {
  username: 'cathy',
  password: 'latchkey-demo',
  id: 7,
  firstName: 'Cathy',
  lastName: "O'Reilly (Dev)",
  email: 'Cathy.Oreilly@mycompany.com',
  apiSecret: 'latchkey-demo-api-secret',
}

/** A user whose credentials contain what encoding often breaks: spaces, `+`, `&`, `=`, `%`, accents and emoji. */
export const noor: Required<SandboxUser> = {
  username: 'noor+test@example.com',
  password: ' p+ss&wörd=100% é 😀 ',
  id: 11,
  firstName: 'Noor',
  lastName: 'Jansen',
  email: 'noor+test@example.com',
  apiSecret: ' k+y/&=%41"\\ ü € 😀 ',
}

/** The registered client of the demo. */
export const demoClient: Client = { clientId: 'latchkey-demo-client', clientSecret: 'latchkey-demo-secret' }
