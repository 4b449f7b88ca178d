"""What tests of the catalog share."""

import pytest


@pytest.fixture
def media(settings, tmp_path):
    """Return an empty folder in which uploaded pictures are kept."""
    folder = tmp_path / "media"
    folder.mkdir()
    settings.MEDIA_ROOT = folder
    return folder
