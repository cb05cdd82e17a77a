// What went wrong in SQLite, as the thread of an embedded store reports it.

/**
 * @typedef {object} Failure
 * @property {'damaged' | 'full' | 'locked' | 'failed'} kind
 * @property {string} detail
 */

/**
 * @param {unknown} error
 * @returns {Failure}
 */
export function describeFailure(error) {
  const { message, errcode, code } = /** @type {{ message: string, errcode?: number, code?: string }} */ (
    error
  )
  const detail = `${message}${errcode === undefined ? '' : ` (SQLite error ${errcode})`}`
  // The lower byte is the primary code, https://www.sqlite.org/rescode.html; libsql has names instead of numbers.
  const isCode = (/** @type {number} */ number, /** @type {string} */ name) =>
    errcode === undefined ? code?.startsWith(`SQLITE_${name}`) === true : (errcode & 0xff) === number
  if (isCode(5, 'BUSY') || isCode(6, 'LOCKED') || isCode(15, 'PROTOCOL')) return { kind: 'locked', detail }
  if (isCode(13, 'FULL') || code === 'ENOSPC') return { kind: 'full', detail }
  if (isCode(11, 'CORRUPT') || isCode(26, 'NOTADB')) return { kind: 'damaged', detail }
  return { kind: 'failed', detail }
}
