// Imported first by every command, so that an old Node ends in a sentence and not in a syntax error of some tool.

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

// The versions that can `require` an ES module, which Vite asks for.
const able = major === 20 ? minor >= 19 : major === 22 ? minor >= 12 : major > 22

if (!able) {
  console.error(
    `Latchkey needs Node 20.19, 22.12 or newer, and this is Node ${process.versions.node}: install a newer one from https://nodejs.org and try again.`,
  )
  process.exit(1)
}
