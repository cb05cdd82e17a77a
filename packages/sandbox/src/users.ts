/** A user who can sign in. Classy has no users: its tokens belong to the client. */
export interface SandboxUser {
  /** Unique among the users. At Bright Pattern, the login ID. */
  readonly username: string
  readonly password: string
  /** The API secret for Bright Pattern, which issues no token to a user without one. */
  readonly apiSecret?: string
  /** A positive whole number, unique among the users. Defaults to a free number above 100. */
  readonly id?: number
  /** Defaults to the username. */
  readonly firstName?: string
  /** Defaults to an empty string. */
  readonly lastName?: string
  /** Defaults to the username, with `@example.com` unless it contains an `@`. */
  readonly email?: string
}

/** A user with a value for every member that a response contains. */
export type ResolvedUser = Required<Omit<SandboxUser, 'apiSecret'>> & Pick<SandboxUser, 'apiSecret'>

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
