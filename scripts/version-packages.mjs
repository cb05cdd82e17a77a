// `npm run version-packages`: prepares a release from the pending changesets. Commit what it writes.
import './node-version.mjs'
import { root } from './run.mjs'
import { setVersions } from './set-versions.mjs'

const { ok, output } = await setVersions(root)
console.log(output.trim())
if (!ok) process.exitCode = 1
