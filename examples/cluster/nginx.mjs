/**
 * Creates the configuration of an nginx that shares out requests to several servers. A user keeps no server: each request
 * may go to another one.
 *
 * @param {number} port
 * @param {number[]} serverPorts
 */
export function createNginxConfiguration(port, serverPorts) {
  const temporaryPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
pid nginx.pid;
error_log stderr error;
# Two for each request that waits, for example for a refresh.
events { worker_connections 4096; }
http {
  access_log off;
  ${temporaryPaths.map((name) => `${name}_temp_path ${name};`).join('\n  ')}
  upstream servers {
    ${serverPorts.map((serverPort) => `server 127.0.0.1:${serverPort} max_fails=0;`).join('\n    ')}
    keepalive 16;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://servers;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header Forwarded "";
      # A request that a server did not get, or a GET that it did not answer, goes to the next one.
      proxy_next_upstream error timeout;
      proxy_connect_timeout 5s;
      # For streams, such as server-sent events.
      proxy_buffering off;
    }
  }
}
`
}
