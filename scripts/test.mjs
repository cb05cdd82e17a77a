// `npm test`: brings what the tests need to this machine, then holds everything.
import './node-version.mjs'
import { bringSystemPackages } from './system-packages.mjs'

if (await bringSystemPackages()) await import('./check.mjs')
else process.exitCode = 1
