"""The peer flask-limiter, as its documentation recommends for several processes: counts are in Redis."""
import os

from flask import Flask, Response, request
from flask_limiter import Limiter

app = Flask(__name__)
limiter = Limiter(
    lambda: request.headers.get("X-API-Key", ""),
    app=app,
    storage_uri=os.environ["STORAGE"],
    default_limits=[os.environ["LIMIT"] + " per minute"],
    strategy="moving-window",
    headers_enabled=True,
)
ANSWER = b"x" * 43


@app.get("/api/search")
def search():
    return Response(ANSWER, mimetype="text/plain")
