// The process that sends requests, on connections of its own, with as little work for each as possible.
import { loadServer } from './load/load-server.mjs'
import { sendAtRate } from './load/send-at-rate.mjs'
import { transferBody } from './load/transfer-body.mjs'

const commands = { loadServer, sendAtRate, transferBody }

/** @typedef {typeof commands} Commands */

process.on('message', async (/** @type {{ name: keyof Commands, options: never }} */ { name, options }) => {
  process.send?.(await commands[name](options))
})
process.on('disconnect', () => process.exit())
