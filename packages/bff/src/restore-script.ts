import { createHash } from 'node:crypto'
import { csrfHeader, csrfHeaderValue, defaultBasePath, sessionPath } from '@latchkey/wire'

/** Options of {@link createRestoreScript}. */
export interface RestoreScriptOptions {
  /** The base paths of the clients of the page, as in `createAuthClient({ basePath })`; default `/auth`. */
  basePath?: string | readonly string[] | undefined
}

/** A script for the HTML of a page. */
export interface RestoreScript {
  /** JavaScript without `</script>`, for a classic script at the beginning of `<head>`: inline, or as a file. */
  code: string
  /** Allows the inline script in a content security policy: a source for `script-src`, with its quotes. */
  cspSource: string
}

/** Seconds after which the client sends a request of its own. */
const maxAgeSeconds = 30

/**
 * Creates the script that sends the first request of a page, `GET /auth/session`, while the JavaScript of the application
 * loads. `createAuthClient` uses the response instead of a request of its own. It does not use one that is older than 30
 * seconds, that another tab has made obsolete, or whose page was in the back-forward cache meanwhile.
 *
 * The Vite plugin inserts the script by itself.
 *
 * @example
 * const { code, cspSource } = createRestoreScript()
 * const html = `<!doctype html><script>${code}</script>…`
 * const policy = `script-src 'self' ${cspSource}`
 */
export function createRestoreScript({
  basePath = defaultBasePath,
}: RestoreScriptOptions = {}): RestoreScript {
  // No base path with "<" ends the script.
  const basePaths = JSON.stringify([basePath].flat()).replaceAll('<', '\\u003c')
  const code = `{let m={};window.latchkeyRestore=b=>m[b]?.();${basePaths}.forEach(b=>{${startRestore}})}`
  return { code, cspSource: `'sha256-${createHash('sha256').update(code).digest('base64')}'` }
}

/**
 * Runs for each base path `b`, and puts the function that returns the request into `m`. Where the browser lacks something
 * or forbids it, the script throws before it sends anything.
 *
 * - `k` in the storage is a sign-out that the BFF has not confirmed: then there is nothing to restore.
 * - `n` is the channel on which clients report sign-ins and sign-outs. `x` drops the request, because its response may be
 *   from before them.
 * - The body is read at once. Otherwise the time limit would end it while the client loads.
 * - The client counts the age of the token from `sentAt`. That clock may stop while the machine sleeps, which `Date.now()`
 *   shows.
 */
const startRestore = [
  'try{let k="latchkey:"+b,d=Date.now(),s=performance.now(),r,n,x=()=>{r=void 0;n.close()};',
  'if(localStorage.getItem(k)!=null)return;',
  'n=new BroadcastChannel(k);n.onmessage=x;addEventListener("pagehide",x);',
  `r=fetch(location.origin+b+"${sessionPath}",`,
  `{headers:{"${csrfHeader}":"${csrfHeaderValue}"},cache:"no-store",signal:AbortSignal.timeout(9500)})`,
  '.then(a=>a.text().then(t=>new Response(t,a)));',
  `r.sentAt=s;r.catch(x);setTimeout(x,${maxAgeSeconds}e3);`,
  `m[b]=()=>{let t=Date.now()-d<${maxAgeSeconds}e3?r:void 0;x();return t}`,
  '}catch{}',
].join('')
