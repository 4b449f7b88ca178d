"""How the tests are shared out between processes: a file to each, and the browser to one alone."""

from pathlib import Path

import pytest

BROWSER = Path(__file__).parent / "browser"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep together what shares something that is dear: a running demo, a large catalog."""
    for item in items:
        group = "browser" if item.path.is_relative_to(BROWSER) else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))
