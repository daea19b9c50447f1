"""A site to be guarded: says what it was asked, and talks back to who asks for an upgrade. python3 app.py PORT"""
import http.server
import json
import sys
import threading
import time
import urllib.parse

LOCK = threading.Lock()
# How many requests for /work run, the most that ever ran at once, and how many have ended.
WORK = {"running": 0, "peak": 0, "done": 0}


def work(seconds):
    with LOCK:
        WORK["running"] += 1
        WORK["peak"] = max(WORK["peak"], WORK["running"])
    time.sleep(seconds)
    with LOCK:
        WORK["running"] -= 1
        WORK["done"] += 1


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        if self.headers.get("Upgrade") == "websocket":
            return self.talk()
        if self.path == "/events":
            return self.send_event()
        length = self.body_length()
        # ?status=403 makes it refuse, as a site may, and ?ms=20 makes it work for a while.
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        status = int(query.get("status", ["200"])[0])
        answer = {"site": "python", "method": self.command, "uri": self.path, "length": length}
        if self.path == "/worked":
            answer = WORK
        elif "ms" in query:
            work(int(query["ms"][0]) / 1000)
        body = json.dumps(answer).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        # ?X-Cost=5 makes it say what its answer cost, and ?cost=5 too.
        for name, values in query.items():
            if name == "cost" or name.startswith("X-"):
                self.send_header("X-Cost" if name == "cost" else name, values[0])
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def body_length(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return len(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        length = 0
        while size := int(self.rfile.readline(), 16):
            length += len(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return length

    def talk(self):
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.end_headers()
        while data := self.connection.recv(4096):
            self.wfile.write(data.upper())
        self.close_connection = True

    def send_event(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"data: first\n\n")
        # More events could follow as long as the client listens.
        self.connection.recv(1)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Site).serve_forever()
