"""Fetches what only the tests need from npm: by exact version, and checked, into the user's cache.

Nothing of it is in the repository, and nothing of it in production.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lectern"

# What `npm view NAME@VERSION dist.integrity` says.
INTEGRITY = {
    "axe-core@4.14.1": "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/"
    "pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
    "htmx.org@4.0.1": "sha512-oF7JgXhDW9UXCy/k1ZYFUQgzu/"
    "rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg==",
    "vnu-jar@26.9.27": "sha512-TkQd5DFfOaWC9ebtvozTsrH2Vaod3jYg+vrOeREzIXxBexLz9+"
    "rS2DNtjn7+RPUiZhgli0SghgBX6RJRNea0KA==",
}


def fetch(package: str) -> Path:
    """Return the folder that holds a package, such as ``axe-core@4.14.1``; fetch it if need be.

    Raise ``RuntimeError`` with one sentence that says what is missing.
    """
    folder = CACHE / package
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as place:
            archive = _pack(package, place)
            _check(archive, INTEGRITY[package])
            with tarfile.open(archive) as files:
                files.extractall(place, filter="data")
            shutil.move(Path(place) / "package", folder)
    return folder


def install(package: str) -> Path:
    """Return a folder in which a program of npm is installed, with all that it needs."""
    folder = CACHE / f"{package} installed"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as place:
            quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
            _npm(["install", *quiet, "--prefix", place, package], package)
            shutil.copytree(place, folder, symlinks=True)
    return folder


def _pack(package: str, place: str) -> Path:
    said = _npm(["pack", "--silent", "--pack-destination", place, package], package)
    return Path(place) / said.strip().splitlines()[-1]


def _npm(arguments: list[str], package: str) -> str:
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError(f"The tests need npm, to fetch {package}: install it (`npm`, `nodejs`).")
    done = subprocess.run([npm, *arguments], capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise RuntimeError(f"npm could not fetch {package}: {done.stderr.strip()[-500:]}")
    return done.stdout


def _check(archive: Path, integrity: str) -> None:
    kind, _, wanted = integrity.partition("-")
    digest = hashlib.new(kind, archive.read_bytes()).digest()
    if base64.b64encode(digest).decode() != wanted:
        raise RuntimeError(f"{archive.name} is not what it was when its checksum was noted.")
