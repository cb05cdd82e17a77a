import { cleanupBatchSize } from './store.ts'

/** The SQL of a Postgres store. Every value is a text, so that all clients send it alike. */
export type PostgresStatements = Readonly<
  Record<
    'read' | 'insert' | 'replace' | 'remove' | 'list' | 'removeByName' | 'lease' | 'release' | 'isUnchanged',
    string
  >
>

/** The names of the tables, and of the channel for messages. */
export interface PostgresNames {
  records: string
  leases: string
  channel: string
  /** The last thing that the schema creates. */
  lastIndex: string
}

/** The default of the option `tablePrefix`. */
export const defaultTablePrefix = 'latchkey_'

/** Milliseconds since 1970 on the server's clock, which a transaction does not hold still. */
const now = '(extract(epoch FROM clock_timestamp()) * 1000)::float8'
/** The same at the start of the statement: only with a stable value does a condition use an index. */
const start = '(extract(epoch FROM statement_timestamp()) * 1000)::float8'
const day = 86_400_000

/**
 * Derives the names from a prefix, which may begin with a schema: `auth.latchkey_`.
 *
 * @throws RangeError for a prefix that is not made of lower-case names
 */
export function derivePostgresNames(tablePrefix: string): PostgresNames {
  if (!/^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]{0,39}$/.test(tablePrefix))
    throw new RangeError(
      'tablePrefix: not a name. Expected: lower-case letters, digits and underscores, with or without a schema in front.',
    )
  return {
    records: `${tablePrefix}records`,
    leases: `${tablePrefix}leases`,
    channel: `${tablePrefix.replace('.', '_')}changes`,
    lastIndex: `${tablePrefix}leases_by_expiry`,
  }
}

/**
 * Lists the statements that create the tables. The index of the expiry is by the hour, so that the uses of a session
 * within an hour change no index (a HOT update).
 */
export function listSchemaStatements({ records, leases }: PostgresNames): string[] {
  const getIndexName = (table: string, suffix: string): string => `${table.replace(/^.*\./, '')}_${suffix}`
  return [
    `CREATE TABLE IF NOT EXISTS ${records} (
  key text COLLATE "C" PRIMARY KEY,
  version bigint NOT NULL,
  expires_at float8 NOT NULL,
  expiry_hour integer NOT NULL,
  inserted_at float8 NOT NULL,
  index_names text[] NOT NULL,
  sealed bytea NOT NULL
) WITH (fillfactor = 80)`,
    `CREATE INDEX IF NOT EXISTS ${getIndexName(records, 'by_expiry')} ON ${records} (expiry_hour)`,
    `CREATE INDEX IF NOT EXISTS ${getIndexName(records, 'by_name')} ON ${records} USING gin (index_names) WITH (fastupdate = off)`,
    `CREATE TABLE IF NOT EXISTS ${leases} (
  key text COLLATE "C" PRIMARY KEY,
  owner text NOT NULL,
  taken_at float8 NOT NULL,
  expires_at float8 NOT NULL,
  was_taken_over boolean NOT NULL
)`,
    `CREATE INDEX IF NOT EXISTS ${getIndexName(leases, 'by_expiry')} ON ${leases} (expires_at)`,
  ]
}

/** @param notifies whether changes are sent to those who wait */
export function createPostgresStatements(
  { records, leases, channel }: PostgresNames,
  notifies: boolean,
): PostgresStatements {
  /** Selects a row for each changed record, and sends a message for each of those that someone may wait for. */
  const select = (changed: string, leased: string): string =>
    notifies
      ? `SELECT 1 AS changed, CASE WHEN l.key IS NOT NULL THEN pg_notify('${channel}', l.key) END AS notified
  FROM ${changed} AS c LEFT JOIN ${leased} AS l ON l.key = c.key`
      : `SELECT 1 AS changed FROM ${changed}`
  const remove = (condition: string): string => `
WITH removed AS (DELETE FROM ${records} WHERE ${condition} RETURNING key),
released AS (DELETE FROM ${leases} AS l USING removed AS r WHERE l.key = r.key RETURNING l.key)
${select('removed', 'released')}`
  const recordValues = '$2::text::bigint, $3::text::float8, $4::text::integer'
  const namesAndSealed = `ARRAY(SELECT json_array_elements_text($5::text::json)), decode($6::text, 'base64')`

  return {
    read: `
SELECT version, expires_at, array_to_json(index_names)::text AS index_names, encode(sealed, 'base64') AS sealed
FROM ${records} WHERE key = $1::text AND expires_at > ${now}`,
    insert: `
WITH expired AS (
  DELETE FROM ${records} WHERE key IN (
    SELECT key FROM ${records} WHERE expiry_hour < floor(${start} / 3600000)::integer AND key <> $1::text
    ORDER BY expiry_hour LIMIT ${cleanupBatchSize} FOR UPDATE SKIP LOCKED)),
abandoned AS (
  DELETE FROM ${leases} WHERE key IN (
    SELECT key FROM ${leases} WHERE expires_at < ${start} - ${day}
    ORDER BY expires_at LIMIT ${cleanupBatchSize} FOR UPDATE SKIP LOCKED))
INSERT INTO ${records} AS r (key, version, expires_at, expiry_hour, inserted_at, index_names, sealed)
VALUES ($1::text, ${recordValues}, ${now}, ${namesAndSealed})
ON CONFLICT (key) DO UPDATE SET version = excluded.version, expires_at = excluded.expires_at,
  expiry_hour = excluded.expiry_hour, inserted_at = excluded.inserted_at, index_names = excluded.index_names,
  sealed = excluded.sealed WHERE r.expires_at <= ${now}
RETURNING 1 AS changed`,
    replace: `
WITH replaced AS (
  UPDATE ${records} SET (version, expires_at, expiry_hour, index_names, sealed) =
    ROW(${recordValues}, ${namesAndSealed})
  WHERE key = $1::text AND version = $7::text::bigint AND expires_at > ${now} RETURNING key)
${select('replaced', leases)}`,
    remove: remove('key = $1::text'),
    list: `
SELECT key, version, expires_at, inserted_at FROM ${records}
WHERE index_names @> ARRAY[$1::text] AND expires_at > ${now} ORDER BY inserted_at, key LIMIT $2::text::bigint`,
    // In one order, so that two of these never wait for each other.
    removeByName: remove(
      `key IN (SELECT key FROM ${records} WHERE index_names @> ARRAY[$1::text] ORDER BY key FOR UPDATE)`,
    ),
    // A lease from the future is one from before the clock was set back.
    lease: `
INSERT INTO ${leases} AS l (key, owner, taken_at, expires_at, was_taken_over)
VALUES ($1::text, $2::text, ${now}, ${now} + $3::text::float8, false)
ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, taken_at = excluded.taken_at,
  expires_at = excluded.expires_at, was_taken_over = l.owner <> excluded.owner
WHERE l.owner = excluded.owner OR l.expires_at <= ${now} OR l.taken_at > ${now}
RETURNING CASE WHEN was_taken_over THEN 'taken_over' ELSE 'granted' END AS result`,
    release: `
WITH released AS (DELETE FROM ${leases} WHERE key = $1::text AND owner = $2::text RETURNING key)
${select('released', 'released')}`,
    isUnchanged: `
SELECT 1 AS unchanged FROM ${records} AS r JOIN ${leases} AS l ON l.key = r.key
WHERE r.key = $1::text AND r.version = $2::text::bigint AND l.taken_at <= ${now} AND l.expires_at > ${now}`,
  }
}
