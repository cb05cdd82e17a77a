"""An API as WSGI frameworks serve it: it responds with the method, path and user that it read in the request."""

import json
from wsgiref.simple_server import WSGIRequestHandler, make_server


class SilentHandler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def respond(environ, start_response):
    method = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", environ["REQUEST_METHOD"])
    user = environ.get("HTTP_X_REMOTE_USER") or environ.get("HTTP_REMOTE_USER")
    segments = [segment for segment in environ["PATH_INFO"].split("/") if segment]
    client = environ.get("HTTP_X_FORWARDED_FOR")
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    body = json.dumps({"method": method, "segments": segments, "user": user, "client": client})
    start_response("200 OK", [("Content-Type", "application/json")])
    return [body.encode()]


server = make_server("127.0.0.1", 0, respond, handler_class=SilentHandler)
print("Port", server.server_port, flush=True)
server.serve_forever()
