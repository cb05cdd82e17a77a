/** Does nothing: these hosts keep a process that has work, after the response too. */
export function waitUntil(_work: Promise<unknown>): void {}
