// A child process that runs a TypeScript module on the sources of the packages, through Vite, because Node 20 cannot.
import { runnerImport } from 'vite'

const conditions = ['source']
await runnerImport(String(process.argv[2]), {
  configFile: false,
  logLevel: 'error',
  resolve: { conditions },
  ssr: { resolve: { conditions }, noExternal: [/^@latchkey\//] },
})
