"""Reads which variables the settings ask for."""

import ast
import re

from tests.deploy.recipe import CHECKOUT

NAME = re.compile(r"[A-Z][A-Z0-9_]+")


def variables_of_settings():
    """Return the names that are asked for anywhere in the site's own code."""
    files = (CHECKOUT / "project").rglob("*.py")
    return {name for file in files for name in _asked_for(ast.parse(file.read_text()))}


def _asked_for(tree):
    """Find ``env("NAME")``, ``env.list("NAME", …)``, ``env.database("NAME", password="OTHER")``."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _is_environment(call.func):
            others = [keyword.value for keyword in call.keywords if keyword.arg != "default"]
            for value in [*call.args[:1], *others]:
                if isinstance(value, ast.Constant) and NAME.fullmatch(str(value.value)):
                    yield value.value


def _is_environment(function):
    """Whether it is ``env``, one of its methods, or ``Environment()``."""
    if isinstance(function, ast.Attribute):
        function = function.value
    if isinstance(function, ast.Call):
        function = function.func
    return isinstance(function, ast.Name) and function.id in ("env", "Environment")
