// Cloudflare Workers stop the work of a request when its response is complete, unless they know of it.
export { waitUntil } from 'cloudflare:workers'
