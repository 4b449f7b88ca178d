"""It opens no folder that it did not make, makes no account, and enters nobody else's folder."""

import stat
from pathlib import Path

from project.embedded_postgres.binaries import install_dir
from tests.project.embedded_postgres.people import as_anybody
from tests.project.embedded_postgres.shops import wait_until

ONE = "query('SELECT 1')"


def look(*paths):
    """Return owner and permissions of some files and of all folders above them."""
    every = {above for path in paths for above in (path, *path.parents)}
    return {path: (path.stat().st_uid, path.stat().st_gid, path.stat().st_mode) for path in every}


def test_it_opens_nothing_to_others_and_makes_no_account(shop):
    shop.person.make_folder(shop.data_dir.parent, 0o700)
    watched = (shop.data_dir.parent, shop.home.parent, install_dir(), shop.person.python)
    before, accounts = look(*watched), Path("/etc/passwd").read_bytes()

    assert shop.query("SELECT 1") == [[1]]
    assert look(*watched) == before
    assert Path("/etc/passwd").read_bytes() == accounts
    assert stat.S_IMODE(shop.home.stat().st_mode) & 0o007 == 0
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in shop.home.iterdir()} == {
        "data": 0o700,
        "lease.lock": 0o600,
        "server.log": 0o600,
        "supervisor.lock": 0o600,
    }


def test_a_folder_that_was_there_keeps_its_permissions(ordinary_shop):
    ordinary_shop.person.make_folder(ordinary_shop.data_dir, 0o755)

    assert ordinary_shop.query("SELECT 1") == [[1]]
    assert stat.S_IMODE(ordinary_shop.data_dir.stat().st_mode) == 0o755


def test_a_folder_in_which_everyone_may_write_is_refused(ordinary_shop):
    ordinary_shop.person.make_folder(ordinary_shop.data_dir, 0o777)

    refusal = ordinary_shop.open().refusal(ONE)
    assert refusal.startswith(f"OperationalError: Everyone may write in {ordinary_shop.data_dir}.")
    assert list(ordinary_shop.data_dir.iterdir()) == []


def test_somebody_elses_folder_is_refused(ordinary_shop):
    refusal = ordinary_shop.open(data_dir="/usr").refusal(ONE)
    assert refusal.startswith("OperationalError: /usr belongs to someone else.")


def test_a_folder_that_cannot_be_made_is_named(ordinary_shop):
    refusal = ordinary_shop.open(data_dir="/usr/lectern/postgres").refusal(ONE)
    assert refusal.startswith("OperationalError: Cannot make /usr/lectern/postgres: Permission")
    assert "EMBEDDED_POSTGRES_DIR" in refusal
    assert "DATABASE_URL" in refusal


def test_a_path_may_be_longer_than_a_socket_allows(long_shop):
    client = long_shop.open()
    assert client.query("SELECT 1") == [[1]]
    [link] = long_shop.person.temporary.iterdir()
    link.unlink()  # as cleaners of temporary folders do

    client.ask("connection.close()")
    assert client.query("SELECT 1") == [[1]]
    client.end()
    wait_until(long_shop.is_at_rest)
    assert list(long_shop.person.temporary.iterdir()) == []


def test_a_short_way_that_somebody_laid_elsewhere_is_not_gone(long_shop):
    client = long_shop.open()
    client.query("SELECT 1")
    [link] = long_shop.person.temporary.iterdir()
    link.unlink()
    link.symlink_to("/etc")

    client.ask("connection.close()")
    assert f"{link} belongs to someone else." in client.refusal(ONE)
    link.unlink()


def test_a_folder_in_the_way_is_kept(shop):
    shop.person.make_folder(shop.data, 0o700)
    (shop.data / "letters.txt").write_text("dear")
    if shop.home != shop.data_dir:
        shop.home.chmod(0o700)

    refusal = shop.open().refusal(ONE)
    assert f"{shop.data} is in the way and is no PostgreSQL cluster" in refusal
    assert (shop.data / "letters.txt").read_text() == "dear"


@as_anybody
def test_a_cluster_of_another_release_is_refused(used_shop):
    version = used_shop.data / "PG_VERSION"
    release = version.read_text()
    version.write_text("9\n")

    refusal = used_shop.open().refusal(ONE)
    version.write_text(release)
    assert f"{used_shop.data} was made by PostgreSQL 9, and the installed one is" in refusal


@as_anybody
def test_a_server_that_cannot_start_says_why(used_shop):
    options = {"server_options": {"shared_buffers": "plenty"}}
    refusal = used_shop.open(**options).refusal(ONE)

    assert f"PostgreSQL did not start. {used_shop.home}/server.log ends with:" in refusal
    assert 'invalid value for parameter "shared_buffers": "plenty"' in refusal


@as_anybody
def test_a_postgres_that_is_not_there_is_named(used_shop):
    refusal = used_shop.open(install_dir="/nowhere").refusal(ONE)
    assert refusal.startswith("OperationalError: /nowhere does not run here")
    assert "DATABASE_URL" in refusal
