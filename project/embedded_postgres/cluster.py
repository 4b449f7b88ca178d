"""The data: making a cluster, and telling whether the installed PostgreSQL can serve it."""

import os
import re
import shutil
import subprocess
import tempfile
from errno import EACCES
from pathlib import Path

from project.embedded_postgres import ADVICE, PostgresUnavailable
from project.embedded_postgres.binaries import copy_for_others
from project.embedded_postgres.folders import UNFINISHED, Home

MAKE_CLUSTER = (
    "--username=postgres",
    "--auth=trust",  # over a socket that nobody else can reach
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
# Nothing of the caller's: neither secrets nor PG… variables, which would change what we ask for.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def prepare(home: Home, install: Path, *, fsync: bool) -> Path:
    """Make the cluster if there is none; return the installation that can serve it.

    With ``fsync`` a new cluster is safely on the disk first, which takes a second or more.

    Raise ``PostgresUnavailable`` if it does not run on this machine, or is of another release
    than the cluster.
    """
    install, version = _find_runnable(home, install)
    if not (home.data / "PG_VERSION").exists():
        _make(home, install, fsync=fsync)
    _refuse_other_release(home.data, version)
    return install


def _find_runnable(home: Home, install: Path) -> tuple[Path, str]:
    """Return an installation that the server's account can run, and its version."""
    try:
        return install, _ask_version(home, install)
    except PermissionError as error:
        if home.account is None or error.errno != EACCES:
            raise
        copy = copy_for_others(install, home.path)
        return copy, _ask_version(home, copy)


def _ask_version(home: Home, install: Path) -> str:
    try:
        answer = _run(home, install / "bin" / "postgres", "--version")
    except FileNotFoundError as error:  # the file, or the system's loader that it is made for
        raise PostgresUnavailable(f"{install} does not run here: {error}. {ADVICE}") from None
    version = re.search(r"\d+(\.\d+)*", answer.stdout)
    if answer.returncode or not version:
        raise PostgresUnavailable(f"{install} does not run here: {answer.stdout.strip()}. {ADVICE}")
    return version[0]


def _make(home: Home, install: Path, *, fsync: bool) -> None:
    """Make the cluster beside its place and move it there, so that it is whole or absent."""
    _refuse_to_replace(home.data)
    for unfinished in home.path.glob(f"{UNFINISHED}*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    made = Path(tempfile.mkdtemp(dir=home.path, prefix=UNFINISHED))
    home.give_to_server(made)
    haste = () if fsync else ("--no-sync",)
    answer = _run(home, install / "bin" / "initdb", *MAKE_CLUSTER, *haste, f"--pgdata={made}")
    if answer.returncode:
        raise PostgresUnavailable(f"initdb failed:\n{answer.stdout.strip()}")
    made.rename(home.data)


def _refuse_to_replace(data: Path) -> None:
    if data.exists() and not (data.is_dir() and not any(data.iterdir())):
        raise PostgresUnavailable(
            f"{data} is in the way and is no PostgreSQL cluster. Move it elsewhere. {ADVICE}"
        )


def _refuse_other_release(data: Path, version: str) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != version.split(".")[0]:
        raise PostgresUnavailable(
            f"{data} was made by PostgreSQL {made_by}, and the installed one is {version}. Dump it "
            "with the old one and load the dump with the new one, or move the folder elsewhere to "
            "begin with an empty database."
        )


def _run(home: Home, program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env=ENVIRONMENT,
        check=False,
        **home.as_server,
    )
