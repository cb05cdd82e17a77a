import { z } from 'zod'

/** Why a session ended. The first seven are acts of a person or of the deployer; the others are the session's own ends. */
const endReasons = [
  // Its user signed out in its own browser.
  'signed_out',
  // Its user signed out everywhere, in this browser or another one.
  'signed_out_everywhere',
  // Its user ended it from the list of sessions, in another browser.
  'ended_in_list',
  // `bff.admin` ended it.
  'ended_by_admin',
  // A sign-in in the same browser took its place.
  'replaced',
  // It was of a provider that the configuration does not name any more.
  'configuration_changed',
  // Its user has signed in elsewhere, and had as many sessions as allowed.
  'too_many_sessions',
  'idle',
  'absolute',
  'refresh_rejected',
  'no_refresh',
  'refresh_lost',
] as const

const common = {
  /** The version of this format. */
  v: z.literal(1),
  /** When it happened: ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** The id of the provider. */
  provider: z.string(),
  /** The base path of the BFF. */
  base_path: z.string(),
  /** Names the request that caused it, as its log lines and the header `X-Request-Id` of an error response do. */
  request_id: z.string().optional(),
  /** The address of the client that sent that request; absent when unknown. */
  client_address: z.string().optional(),
}

const session = {
  /** The public id of the session. */
  session_id: z.string(),
  /** The opaque, stable name of the user. */
  subject: z.string(),
}

/** Every audit event: one for each act of authentication, and one for each end of a session. */
export const auditEventSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('sign_in.succeeded'), ...common, ...session }),
  z.strictObject({
    type: z.literal('sign_in.failed'),
    ...common,
    reason: z.enum([
      'invalid_credentials',
      'access_denied',
      'invalid_request',
      'rate_limited',
      'temporarily_unavailable',
      'server_error',
    ]),
  }),
  /** The authorization server wants further credentials, for example a one-time code. */
  z.strictObject({ type: z.literal('sign_in.challenged'), ...common }),
  /** The throttle of the BFF refused it without asking the authorization server. */
  z.strictObject({ type: z.literal('sign_in.throttled'), ...common, retry_after: z.number() }),
  z.strictObject({ type: z.literal('session.ended'), ...common, ...session, reason: z.enum(endReasons) }),
  z.strictObject({
    type: z.literal('refresh.succeeded'),
    ...common,
    ...session,
    /** The number of the new token in its session. */
    sequence: z.number(),
  }),
  /** The session stays, and the refresh is tried again. */
  z.strictObject({
    type: z.literal('refresh.failed'),
    ...common,
    ...session,
    reason: z.enum(['temporarily_unavailable', 'server_error']),
    retry_after: z.number(),
  }),
  /** A request of another origin, or without the header `X-Latchkey`. */
  z.strictObject({ type: z.literal('request.rejected'), ...common, reason: z.literal('access_denied') }),
])

/**
 * What happened to a session or a sign-in, for an audit log. It contains no secret, no username and no user data; the
 * address of the client is personal data in some countries.
 */
export type AuditEvent = z.output<typeof auditEventSchema>

/** Why a session ended. */
export type SessionEndReason = (typeof endReasons)[number]

type Common = keyof typeof common
type WithoutCommon<Event> = Event extends unknown ? Omit<Event, Common> : never

/** The members of an event that tell what happened. */
export type AuditEventDetails = WithoutCommon<AuditEvent>
