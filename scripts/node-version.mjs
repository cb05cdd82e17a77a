// Every command imports this first, so that an old Node ends with this message and not with a tool's syntax error.

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

// The versions that can `require` an ES module, which Vite needs. The same as `engines` in package.json.
const isSupported = major === 20 ? minor >= 19 : major === 22 ? minor >= 12 : major > 22

if (!isSupported) {
  console.error(
    `Latchkey needs Node 20.19, 22.12 or newer, and this is Node ${process.versions.node}. Install a newer one from https://nodejs.org and try again.`,
  )
  process.exit(1)
}
