"""A shop with one page; asked for /die it does, and with a file called `broken` it never starts."""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

if Path("broken").exists():
    sys.exit("web cannot start: broken")


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/die":
            os._exit(3)
        names = ("DATABASE_URL", "REDIS_URL", "BASE_URL", "STRIPE_API_BASE", "SMTP_URL", "SECRET_KEY")
        body = "\n".join(f"{name}={os.environ.get(name)}" for name in names).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


print(f"web is pid {os.getpid()}", flush=True)
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
