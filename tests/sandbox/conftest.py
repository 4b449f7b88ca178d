from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
import stripe
from django.test import Client

from tests.sandbox.asking import API_KEY


@dataclass
class Shop:
    """What listens where the shop would: it keeps what it is sent, and answers as it is told."""

    url: str = ""
    body: str = ""
    answers: deque = field(default_factory=deque)  # statuses, or functions of nothing
    received: list = field(default_factory=list)  # (path, headers, body)

    def events(self):
        return [stripe.Event.construct_from(_json(body), None) for _, _, body in self.received]

    def kinds(self):
        return [event.type for event in self.events()]


def _json(body):
    import json

    return json.loads(body)


@pytest.fixture
def shop(settings):
    """A stand-in for the shop's end of the webhooks, at ``SITE_URL``."""
    heard = Shop()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.received.append((self.path, self.headers, body))
            answer = heard.answers.popleft() if heard.answers else 200
            status = answer() if callable(answer) else answer
            if status is None:
                return
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{heard.url}/elsewhere/")
            self.send_header("Content-Length", str(len(heard.body)))
            self.end_headers()
            self.wfile.write(heard.body.encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    heard.url = settings.SITE_URL = f"http://127.0.0.1:{server.server_port}"
    yield heard
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def stripe_client(live_server, shop):
    """The official SDK, speaking HTTP to the sandbox."""
    stripe.enable_telemetry = False
    http_client = stripe.RequestsClient(timeout=20)
    yield stripe.StripeClient(
        API_KEY, base_addresses={"api": f"{live_server.url}/sandbox"}, http_client=http_client
    )
    http_client.close()


@pytest.fixture
def browser(shop):
    """A browser without scripts, and without the shop's cookies."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def gate():
    """Something that a thread can wait for; opened at the latest when the test ends."""
    opened = Event()
    yield opened
    opened.set()
