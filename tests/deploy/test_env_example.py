"""``.env.example`` explains every variable there is, and none that there is not."""

import re

from tests.deploy import recipe
from tests.deploy.settings_names import variables_of_settings

# Read by uvicorn, wherever it is started.
SERVING = {"WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS"}


def text():
    return recipe.ENV_EXAMPLE.read_text()


def test_it_lists_what_the_settings_and_compose_read():
    listed = recipe.variables_of_example()
    read = variables_of_settings() | recipe.variables_of_compose() | SERVING
    assert sorted(listed) == sorted(read)


def test_every_variable_has_a_comment_above_it():
    """One comment may stand above several; a group's heading is none, for two lines are empty."""
    for block in re.split(r"\n\n+", text()):
        if recipe.EXAMPLE.search(block):
            assert re.match(r"# |#SHOP_NAME=", block), block


def test_nothing_is_set():
    assert [line for line in text().splitlines() if line and not line.startswith("#")] == []


def test_files_that_it_speaks_of_are_those_that_compose_reads():
    spoken_of = set(re.findall(r"\b([A-Z_]+)_FILE\b", text())) - {"NAME", "ENV"}
    services = recipe.services()
    given = {
        name.removesuffix("_FILE")
        for service in ("migrate", "web", "worker")
        for name in services[service]["environment"]
        if name.endswith("_FILE")
    }
    assert spoken_of == given
    assert spoken_of <= variables_of_settings()
