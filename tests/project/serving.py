"""A site on a real socket, as uvicorn serves it."""

import threading
import time
from contextlib import contextmanager

import uvicorn


@contextmanager
def serving(site, **options):
    """Serve an ASGI application on a free port; return its address."""
    config = uvicorn.Config(site, port=0, log_config=None, lifespan="on", **options)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        running.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
