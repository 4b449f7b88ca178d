"""Removing a server takes all that is its own, and nothing else."""

import pytest

from tests.project.embedded_postgres.people import as_anybody

REMOVE = "remove(Path(connection.settings_dict['OPTIONS']['data_dir']), timeout={})"


def test_a_removed_server_leaves_nothing_but_the_files_of_others(shop):
    shop.query("SELECT 1")
    letters = shop.home / "letters.txt"
    letters.write_text("dear")
    shop.open().ask(REMOVE.format(10))
    assert list(shop.home.iterdir()) == [letters]

    letters.unlink()
    shop.open().ask(REMOVE.format(10))
    assert not shop.home.exists()


@as_anybody
@pytest.mark.parametrize("is_supervised", [True, False])
def test_a_server_in_use_is_not_removed(used_shop, is_supervised):
    client = used_shop.open()
    client.query("SELECT 1")
    if not is_supervised:
        used_shop.kill_supervisor()

    refusal = used_shop.open().refusal(REMOVE.format(0.5))
    assert refusal == f"PostgresUnavailable: PostgreSQL in {used_shop.home} is in use."
    assert client.query("SELECT title FROM course") == [["Sextants"]]


@as_anybody
def test_where_there_is_no_server_nothing_happens(shop):
    shop.open().ask(REMOVE.format(0))
    assert not shop.home.exists()
