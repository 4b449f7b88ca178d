"""Reads what the containers are made of: compose.yaml, the Dockerfile and .dockerignore."""

import re
import shlex
from fnmatch import fnmatch
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
COMPOSE = CHECKOUT / "compose.yaml"
DOCKERFILE = CHECKOUT / "project" / "deploy" / "Dockerfile"
CADDYFILE = CHECKOUT / "project" / "deploy" / "Caddyfile"
ENV_EXAMPLE = CHECKOUT / ".env.example"

VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?::-([^}]*))?\})")
# A line such as `#NAME=value`; prose has a space after its "#".
EXAMPLE = re.compile(r"^#([A-Z][A-Z0-9_]*)=", re.MULTILINE)


def services(given=None):
    """Return compose.yaml's services, with the variables ``given`` filled in as compose does."""
    return _filled_in(yaml.safe_load(COMPOSE.read_text()), given or {})["services"]


def environment_of(service, given=None):
    """Return a service's environment; a name without a value is handed on if it is ``given``."""
    given = given or {}
    entries = service.get("environment", {}).items()
    return {
        name: given.get(name) if value is None else str(value)
        for name, value in entries
        if value is not None or name in given
    }


def variables_of_compose():
    """Return the names of the variables that compose.yaml fills in by itself."""
    return {match[1] for match in VARIABLE.finditer(COMPOSE.read_text()) if match[1]}


def variables_of_example():
    """Return the names that .env.example explains, as they come."""
    return EXAMPLE.findall(ENV_EXAMPLE.read_text())


def dockerfile():
    """Return the Dockerfile's instructions, each as its word and the rest."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [tuple(line.split(None, 1)) for line in lines if line.strip()]


def assignments(rest):
    """Return what an ENV instruction sets."""
    return dict(pair.split("=", 1) for pair in shlex.split(rest))


def build_context():
    """Return the files that .dockerignore lets into the image, relative to the checkout."""
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    tops = [path for path in CHECKOUT.iterdir() if _is_let_in(path.relative_to(CHECKOUT), rules)]
    files = [file for top in tops for file in ([top] if top.is_file() else top.rglob("*"))]
    paths = [file.relative_to(CHECKOUT) for file in files if file.is_file()]
    return [path for path in paths if _is_let_in(path, rules)]


def _is_let_in(path, rules):
    """The last rule about the path, or a folder above it, decides."""
    names = [str(path), *(str(folder) for folder in path.parents)]
    is_let_in = True
    for rule in rules:
        if any(fnmatch(name, rule.removeprefix("!")) for name in names):
            is_let_in = rule.startswith("!")
    return is_let_in


def _filled_in(value, given):
    if isinstance(value, dict):
        return {key: _filled_in(item, given) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled_in(item, given) for item in value]
    if isinstance(value, str):
        return VARIABLE.sub(lambda found: _value(found, given), value)
    return value


def _value(found, given):
    return given.get(found[1]) or found[2] or "" if found[1] else "$"
