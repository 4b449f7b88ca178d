"""Locks on files and folders, which the kernel drops when their holder ends."""

import fcntl
import os
from pathlib import Path


def open_lock(path: Path) -> int:
    """Open, and if need be make, the file behind a lock; return its descriptor, not locked yet."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def open_folder(path: Path) -> int:
    """Open a folder in order to lock it; return its descriptor, not locked yet."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY)


def share(descriptor: int) -> None:
    """Take a shared lock, and wait while somebody has it to himself."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def release(descriptor: int) -> None:
    """Give the lock back and keep the descriptor."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def seize(descriptor: int) -> bool:
    """Take an exclusive lock now, or return ``False`` because somebody has one."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sign(descriptor: int) -> None:
    """Write the number of this process into the file that it locked, for people to read."""
    os.truncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())


def is_seized(path: Path) -> bool:
    """Tell whether some process has the file or folder to itself."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def is_at(descriptor: int, path: Path) -> bool:
    """Tell whether ``path`` is still the file that was opened, not removed and not another."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
