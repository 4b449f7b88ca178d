import pytest

from tests.deploy.deployment import deployed


@pytest.fixture(scope="package")
def deployment(tmp_path_factory):
    """The shop as compose.yaml runs it, on a plain PostgreSQL, behind a real Caddy."""
    with deployed(tmp_path_factory.mktemp("deployment")) as running:
        yield running
