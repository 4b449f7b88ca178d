"""Keeps a process of the server to one core.

Of its threads one computes at a time (the GIL). Where the system spreads them over several cores,
what each of them knows has to come from another core's cache whenever the turn changes, and it does
with every question to the database: a page took half as long again.

Each process takes a core that no other has taken, by a name that only one can hold and that is free
again when its holder ends, however it ends. Where there are more processes than cores, the others
go where the system likes; so they do where it has no such names, or no such choice.
"""

import os
import socket
import sys
from contextlib import suppress

_NAME = "\0lectern-core-{}"  # abstract, which is Linux's own: no file is left behind
_held: list[socket.socket] = []


def keep_to_one_core() -> None:
    """Have this thread, and those that it starts from now on, stay on one core that is free."""
    has_turns = getattr(sys, "_is_gil_enabled", lambda: True)()
    if not has_turns or not hasattr(os, "sched_setaffinity"):
        return
    cores = os.sched_getaffinity(0)
    # The first is where the system does much of its own.
    for core in sorted(cores, reverse=True) if len(cores) > 1 else ():
        if _take(core):
            with suppress(OSError):  # a sandbox may forbid it
                os.sched_setaffinity(0, {core})
            return


def _take(core: int) -> bool:
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(_NAME.format(core))
    except OSError:
        name.close()
        return False
    _held.append(name)
    return True
