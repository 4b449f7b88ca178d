"""A PostgreSQL that comes with the checkout, so that every command works without a DATABASE_URL.

It starts on the first connection and stops about a second after the last process that used it
has gone. Only the programs come from a wheel; the life cycle is ours, and rests on locks that
the kernel drops however their holder dies, so there is nothing to count and nothing to clean up:

* **lease** (shared): every process that connects holds one until it ends;
* **supervisor** (exclusive): one small process that makes the cluster, starts the server, starts
  it again if it dies while it is leased, and stops it when the last lease has gone;
* **the data folder itself** (exclusive): held by the server and all its children, so that "does
  it run?" never depends on a process number, which a reboot or a container may give to another.

The server listens on a socket inside its data folder, which nobody else may enter, and on no
network. For root, whom PostgreSQL refuses to serve, it runs as ``postgres`` or ``nobody`` in a
folder of its own under ``/var/tmp``. No folder that was there before is ever opened to others.
"""

ADVICE = (
    "Set EMBEDDED_POSTGRES_DIR to keep the embedded PostgreSQL elsewhere, or DATABASE_URL to use "
    "another one."
)


class PostgresUnavailable(Exception):
    """The embedded PostgreSQL cannot be used. The message says why, and what to do."""


def explain(error: PostgresUnavailable | OSError) -> str:
    """Return a sentence for the reader of an error that keeps the server from being used."""
    if isinstance(error, OSError):
        return f"The embedded PostgreSQL cannot be used: {error}. {ADVICE}"
    return str(error)
