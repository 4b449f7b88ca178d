"""A site on a real socket, as uvicorn serves it."""

import threading
import time
from contextlib import contextmanager

import uvicorn


@contextmanager
def serving(site, **options):
    """Serve an ASGI application on a free port; return its address."""
    with running(site, **options) as (_, address):
        yield address


@contextmanager
def running(site, **options):
    """Serve an ASGI application on a free port; return the server, and its address."""
    config = uvicorn.Config(site, port=0, log_config=None, lifespan="on", **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield server, f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
