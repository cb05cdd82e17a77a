/** Somebody who can sign in. */
export interface SandboxUser {
  readonly username: string
  readonly password: string
  readonly id: number
  readonly firstName: string
  readonly lastName: string
  readonly email: string
  /** The API secret that Bright Pattern has generated for them; without one they get no token there. */
  readonly apiSecret?: string
}

/** The client that the application is registered as. */
export interface Client {
  readonly clientId: string
  readonly clientSecret: string
}

/** The user of the demo; her profile is the one in Axosoft's documentation. */
export const cathy: Required<SandboxUser> = {
  username: 'cathy',
  password: 'latchkey-demo',
  id: 7,
  firstName: 'Cathy',
  lastName: "O'Reilly (Dev)",
  email: 'Cathy.Oreilly@mycompany.com',
  apiSecret: 'latchkey-demo-api-secret',
}

/** A second user, whose name and secrets hold what is easily lost on the way: spaces, `+`, `&`, `=`, `%`, accents. */
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
