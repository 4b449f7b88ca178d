import shutil

import pytest

from tests.deploy.deployment import deployed


@pytest.fixture(scope="package")
def deployment(tmp_path_factory):
    """The shop as compose.yaml runs it, on a plain PostgreSQL, behind a real Caddy."""
    folder = tmp_path_factory.mktemp("deployment")
    with deployed(folder) as running:
        yield running
    shutil.rmtree(folder / "image")  # it is large, and pytest keeps the folders of three runs
