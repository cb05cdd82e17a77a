import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { findProgram } from '../scripts/find-program.mjs'

/** Returns the program of an installed nginx, or `null`. */
export function findNginx() {
  return findProgram(['nginx'], ['/usr/sbin'])
}

/**
 * Writes the configuration of an nginx that forwards everything with a token and without the cookie.
 *
 * @param {string} folder
 * @param {string} resourceServer
 * @returns {Promise<number>} its port
 */
export async function writeNginxConfiguration(folder, resourceServer) {
  const port = await findFreePort()
  const temporaryPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${name};`,
  )
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off;
master_process off;
pid nginx.pid;
error_log stderr notice;
events { worker_connections 1024; }
http {
  access_log off;
  ${temporaryPaths.join('\n  ')}
  keepalive_requests 100000000;
  client_max_body_size 0;
  upstream resource_server {
    server ${new URL(resourceServer).host};
    keepalive 256;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://resource_server;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Cookie "";
      proxy_set_header Authorization "Bearer ${'x'.repeat(720)}";
      proxy_buffering off;
      proxy_request_buffering off;
    }
  }
}
`,
  )
  return port
}

async function findFreePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return address.port
}
