// `npm test`: installs the system packages that the tests need, then runs every check.
import './node-version.mjs'
import { readOptions } from './options.mjs'
import { installSystemPackages } from './system-packages.mjs'

if (await installSystemPackages(readOptions())) await import('./check.mjs')
else process.exitCode = 1
