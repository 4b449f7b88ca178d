"""Where a server lives: one folder with its cluster, its locks and its log."""

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from project.embedded_postgres import ADVICE, PostgresUnavailable
from project.embedded_postgres.binaries import PROGRAMS

SOCKET = ".s.PGSQL.5432"
UNFINISHED = "unfinished-"
# The kernel's limit for a socket's address: 104 bytes on macOS, 108 on Linux, one of them a zero.
LONGEST_SOCKET = 103


class Home:
    """The folder of one server.

    For an ordinary user it is the folder that was asked for. For root it is one under
    ``/var/tmp`` that is named after it, because the account that PostgreSQL then runs as can
    seldom enter a checkout of root's, and because files of another owner in a checkout would
    lock its user out.
    """

    def __init__(self, data_dir: Path) -> None:
        asked = data_dir.expanduser().resolve()
        is_root = os.geteuid() == 0
        self.path = Path("/var/tmp") / f"lectern-pg-{_digest(asked)}" if is_root else asked  # noqa: S108
        self.data = self.path / "data"
        self.account = _server_account(self.data) if is_root else None
        self.log = self.path / "server.log"
        self.leases = self.path / "lease.lock"
        self.supervisor = self.path / "supervisor.lock"

    def make(self) -> None:
        """Make the folder if it is not there; raise ``PostgresUnavailable`` if it is not ours.

        Root keeps the folder and lets the server's account pass, no more: nobody but root can
        put a link there that root would follow.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise PostgresUnavailable(
                f"Cannot make {self.path}: {error.strerror}. {ADVICE}"
            ) from None
        self._refuse_if_foreign()
        if self.account:
            os.chown(self.path, 0, self.account.pw_gid)
            self.path.chmod(0o710)

    @property
    def socket_dir(self) -> Path:
        """The folder through which clients reach the socket: a short link if the path is long.

        The server itself binds a relative path, so it does not mind.
        """
        if _is_short(self.data):
            return self.data
        if not _is_short(self._link):
            raise PostgresUnavailable(f"{self.data} is too long a path for a socket. {ADVICE}")
        _lay(self._link, self.data)
        return self._link

    def tidy(self) -> None:
        """Remove the short link to a long path, if there is one. It comes back when needed."""
        if self._link.is_symlink() and self._link.readlink() == self.data:
            self._link.unlink()

    def remove(self) -> None:
        """Remove everything that is ours, and the folder too unless there is something else."""
        shutil.rmtree(self.data, ignore_errors=True)
        for pattern in (UNFINISHED, PROGRAMS):
            for folder in self.path.glob(pattern + "*"):
                shutil.rmtree(folder, ignore_errors=True)
        for file in (*self.path.glob(f"{self.log.name}*"), self.leases, self.supervisor):
            file.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.rmdir()

    @property
    def as_server(self) -> dict[str, Any]:
        """The arguments with which ``subprocess`` runs a program as the server's account."""
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def give_to_server(self, path: Path) -> None:
        """Make the server's account the owner of a file or folder that we have just made."""
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid, follow_symlinks=False)

    @property
    def _link(self) -> Path:
        return Path(tempfile.gettempdir()) / f"lectern-pg-{os.geteuid()}-{_digest(self.data)}"

    def _refuse_if_foreign(self) -> None:
        found = self.path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise PostgresUnavailable(
                f"{self.path} belongs to someone else. Remove it if you know whose it is. {ADVICE}"
            )
        if found.st_mode & stat.S_IWOTH:
            raise PostgresUnavailable(f"Everyone may write in {self.path}. {ADVICE}")


def _server_account(data: Path) -> pwd.struct_passwd:
    with suppress(FileNotFoundError, KeyError):  # once made, a cluster stays with its owner
        return pwd.getpwuid(data.stat().st_uid)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresUnavailable(
        "PostgreSQL does not run as root, and there is neither an account postgres nor nobody. "
        "Run as an ordinary user, or set DATABASE_URL."
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _is_short(folder: Path) -> bool:
    return len(os.fsencode(folder / SOCKET)) <= LONGEST_SOCKET


def _lay(link: Path, target: Path) -> None:
    with suppress(FileExistsError):
        link.symlink_to(target)
    ours = link.is_symlink() and link.lstat().st_uid == os.geteuid()
    if not ours or link.readlink() != target:
        raise PostgresUnavailable(f"{link} belongs to someone else. {ADVICE}")
