import { createHash } from 'node:crypto'

/** A client of Redis, for example that of `@redis/client`. */
export interface RedisClient {
  /** Sends a command with its arguments, and resolves to the reply; rejects when the reply is an error. */
  sendCommand(args: string[]): Promise<unknown>
}

/** What the server replies to the commands of the store. */
export type RedisReply = string | number | null | string[]

/** A script that the server runs as one step. */
export interface RedisScript {
  readonly text: string
  readonly sha1: string
}

/**
 * A record is a string: version, expiresAt, the time of its insert in microseconds, and its index names as JSON, each
 * followed by a space or the newline, then the sealed data in base64. `headPattern` takes its head apart.
 */
const headPattern = `'^(%S+) %S+ (%S+) ([^\\n]*)\\n'`

/** A lease is a string: when it was taken and when it expires, in milliseconds, and its owner. */
const isLeaseValid = `
local function read_lease(key)
  local lease = redis.call('GET', key)
  if not lease then return nil end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local taken_at, expires_at, owner = string.match(lease, '^(%d+) (%d+) (.*)$')
  -- A lease from the future is one from before the clock was set back.
  return owner, tonumber(taken_at) <= now and now < tonumber(expires_at)
end
`

/** KEYS: record. ARGV: version and expiresAt, milliseconds of the expiry, insertedAt or '', names, sealed. */
export const insertScript = createScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local inserted_at = ARGV[3]
if inserted_at == '' then
  local time = redis.call('TIME')
  inserted_at = time[1] .. string.format('%06d', time[2])
end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. inserted_at .. ' ' .. ARGV[4] .. '\\n' .. ARGV[5], 'PXAT', ARGV[2])
return 1
`)

/**
 * KEYS: record, lease. ARGV: the version to replace, version and expiresAt, milliseconds of the expiry, names, sealed,
 * '1' when the index has the names, channel, message. Returns 1, 0 for another version, or the time of the insert when
 * the record has other names.
 */
export const replaceScript = createScript(`
local record = redis.call('GET', KEYS[1])
if not record then return 0 end
local version, inserted_at, names = string.match(record, ${headPattern})
if version ~= ARGV[1] then return 0 end
if names ~= ARGV[4] and ARGV[6] ~= '1' then return inserted_at end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. inserted_at .. ' ' .. ARGV[4] .. '\\n' .. ARGV[5], 'PXAT', ARGV[3])
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('PUBLISH', ARGV[7], ARGV[8]) end
return 1
`)

/**
 * KEYS: record, lease. ARGV: channel, message, and an index name that the record must have, or ''. Returns the time of
 * the insert and the names, or nothing.
 */
export const removeScript = createScript(`
local record = redis.call('GET', KEYS[1])
if not record then return false end
local _, inserted_at, names = string.match(record, ${headPattern})
if ARGV[3] ~= '' then
  local has_name = false
  for _, name in ipairs(cjson.decode(names)) do has_name = has_name or name == ARGV[3] end
  if not has_name then return false end
end
redis.call('DEL', KEYS[1])
if redis.call('DEL', KEYS[2]) == 1 then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
return inserted_at .. ' ' .. names
`)

/** KEYS: record. Returns its head, or nothing. */
export const readHeadScript = createScript(`
local record = redis.call('GET', KEYS[1])
return record and string.match(record, '^[^\\n]*')
`)

/**
 * KEYS: index. ARGV: key of the record, milliseconds of its expiry, insertedAt or ''. Returns the time of the insert.
 */
export const addToIndexScript = createScript(`
local time = redis.call('TIME')
local inserted_at = ARGV[3]
if inserted_at == '' then inserted_at = time[1] .. string.format('%06d', time[2]) end
local expires_at = math.max(ARGV[2], time[1] * 1000 + redis.call('PTTL', KEYS[1]))
redis.call('ZADD', KEYS[1], inserted_at, ARGV[1])
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', expires_at))
return inserted_at
`)

/** KEYS: index. Returns the microseconds of the clock, then keys and times of their inserts, oldest first. */
export const readIndexScript = createScript(`
local time = redis.call('TIME')
local entries = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
table.insert(entries, 1, time[1] .. string.format('%06d', time[2]))
return entries
`)

/** KEYS: index. ARGV: a number. Returns the microseconds of the clock, then that many entries, in any order. */
export const sampleIndexScript = createScript(`
local time = redis.call('TIME')
local entries = redis.call('ZRANDMEMBER', KEYS[1], ARGV[1], 'WITHSCORES')
table.insert(entries, 1, time[1] .. string.format('%06d', time[2]))
return entries
`)

/** KEYS: index. ARGV: key of the record, time of its insert: a later record under the same key stays. */
export const removeFromIndexScript = createScript(`
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) == tonumber(ARGV[2]) then redis.call('ZREM', KEYS[1], ARGV[1]) end
return 1
`)

/** KEYS: lease. ARGV: owner, milliseconds, and for how much longer an expired lease is known. Returns 0, 1 or 2. */
export const leaseScript = createScript(`${isLeaseValid}
local owner, is_valid = read_lease(KEYS[1])
local is_other = owner and owner ~= ARGV[1]
if is_other and is_valid then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local value = string.format('%.0f %.0f ', now, now + ARGV[2]) .. ARGV[1]
redis.call('SET', KEYS[1], value, 'PX', string.format('%.0f', ARGV[2] + ARGV[3]))
return is_other and 2 or 1
`)

/** KEYS: lease. ARGV: owner, channel, message. */
export const releaseScript = createScript(`${isLeaseValid}
if read_lease(KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
`)

/** KEYS: record, lease. ARGV: version. Returns 1 while the record has it and someone has the lease. */
export const isUnchangedScript = createScript(`${isLeaseValid}
local _, is_valid = read_lease(KEYS[2])
local record = redis.call('GET', KEYS[1])
return is_valid and record and string.match(record, '^%S+') == ARGV[1] and 1 or 0
`)

/** KEYS: any key. Returns what the server says of its memory. */
export const memoryInfoScript = createScript(`return redis.call('INFO', 'memory')`)

/** Runs a script by its hash, and sends its text when the server does not know it, for example after a restart. */
export async function runScript(
  client: RedisClient,
  { text, sha1 }: RedisScript,
  keys: string[],
  args: string[] = [],
): Promise<RedisReply> {
  const rest = [String(keys.length), ...keys, ...args]
  try {
    return (await client.sendCommand(['EVALSHA', sha1, ...rest])) as RedisReply
  } catch (error) {
    if (!String(error).includes('NOSCRIPT')) throw error
    return (await client.sendCommand(['EVAL', text, ...rest])) as RedisReply
  }
}

function createScript(text: string): RedisScript {
  return { text, sha1: createHash('sha1').update(text).digest('hex') }
}
