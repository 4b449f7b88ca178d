"""What `docker build` would make, made in a folder by the Dockerfile's own instructions."""

import json
import os
import re
import shutil
import sys

from tests.deploy.programs import run
from tests.deploy.recipe import (
    CHECKOUT,
    assignments,
    build_context,
    dockerfile,
    variables_of_example,
)

# What these instructions prepare is there, or is not needed outside of a container.
NOT_HERE = ("pip install", "groupadd")
# This machine has one of its own, with all that the tests' own packages brought.
OWN_CACHE = "UV_CACHE_DIR"


class Image:
    """The folders /app and /opt of the image, and what it says of running it."""

    def __init__(self, root):
        self.root, self.environment, self.command = root, {}, []
        self.folder = root

    def build(self):
        """Follow the Dockerfile."""
        does = {
            "FROM": self._from,
            "ENV": self._env,
            "WORKDIR": self._workdir,
            "COPY": self._copy,
            "RUN": self._run,
            "CMD": self._cmd,
        }
        for word, rest in dockerfile():
            if word in does:
                does[word](self.here(rest))

    def here(self, text):
        """Return the text with the image's folders where they are on this machine."""
        return re.sub(r"(?<![\w./])/(app|build|opt)\b", rf"{self.root}/\1", text)

    def contents(self):
        """Return what is in the image: each file with its size and the time of its last change."""
        files = [path for path in self.root.rglob("*") if path.is_file()]
        return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files}

    def _from(self, rest):
        self.environment = {"PATH": "/usr/local/bin:/usr/bin:/bin"}

    def _env(self, rest):
        found = assignments(rest)
        path = self.environment["PATH"]
        self.environment |= {name: value.replace("$PATH", path) for name, value in found.items()}

    def _workdir(self, rest):
        self.folder = self.root / rest.lstrip("/")
        self.folder.mkdir(parents=True, exist_ok=True)

    def _copy(self, rest):
        if rest == ". .":
            for path in build_context():
                _copy_file(path, self.folder)

    def _run(self, rest):
        if any(words in rest for words in NOT_HERE):
            return
        for source in re.findall(r"--mount=type=bind,source=(\S+),target=\S+", rest):
            _copy_file(source, self.folder)
        command = re.sub(r"--mount=\S+", "", rest)
        stated = {name: value for name, value in self.environment.items() if name != OWN_CACHE}
        environment = machine() | stated | _tools()
        run(["sh", "-euc", command], cwd=self.folder, env=environment)

    def _cmd(self, rest):
        self.command = json.loads(rest)


def machine():
    """Return this machine's environment without anything that configures the shop or its tests."""
    configures = {*variables_of_example(), "DJANGO_SETTINGS_MODULE", "VIRTUAL_ENV", "PYTHONPATH"}
    return {name: value for name, value in os.environ.items() if name not in configures}


def _tools():
    """Return how to find uv, the one Python it shall take, and that it need not copy packages."""
    uv = os.environ.get("UV") or shutil.which("uv") or "uv"
    return {
        "PATH": f"{os.path.dirname(uv)}:{os.environ['PATH']}",
        "UV_PYTHON": os.path.realpath(sys.executable),
        "UV_LINK_MODE": "hardlink",
    }


def _copy_file(path, folder):
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(CHECKOUT / path, target)
