"""A warehouse in a container of its own: it takes each parcel and says so on its output."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Warehouse(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        signed = bool(self.headers.get("webhook-signature"))
        print(json.dumps({"path": self.path, "signed": signed, "number": str(body)}), flush=True)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()


ThreadingHTTPServer(("", 9000), Warehouse).serve_forever()
