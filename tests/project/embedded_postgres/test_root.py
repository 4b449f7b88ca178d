"""As root: PostgreSQL runs as somebody else, in a folder of root's that nobody can prepare."""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from project.embedded_postgres.binaries import install_dir
from tests.project.embedded_postgres.people import bring
from tests.project.embedded_postgres.shops import wait_until

ONE = "query('SELECT 1')"


@pytest.fixture(scope="module", params=["root"])
def person(request, people):
    return people[request.param]


def test_it_runs_as_an_account_without_rights_and_leaves_the_checkout_alone(shop):
    assert shop.query("SELECT 1") == [[1]]
    account = pwd.getpwuid(shop.data.stat().st_uid)
    assert account.pw_name in ("postgres", "nobody")
    assert shop.home.stat().st_uid == 0
    assert stat.S_IMODE(shop.home.stat().st_mode) == 0o710
    assert not shop.data_dir.exists()


def test_a_cluster_stays_with_its_account_whichever_others_come(shop):
    shop.query("SELECT 1")
    wait_until(shop.is_at_rest)
    subprocess.run(["chown", "-R", "daemon:", shop.data], check=True)

    client = shop.open()
    assert client.query("SELECT 1") == [[1]]
    assert Path(f"/proc/{shop.server_pid()}").stat().st_uid == pwd.getpwnam("daemon").pw_uid


def test_a_home_that_somebody_else_prepared_is_refused(shop):
    shop.home.mkdir(mode=0o755)
    os.chown(shop.home, pwd.getpwnam("nobody").pw_uid, -1)
    before = shop.home.stat()

    assert f"{shop.home} belongs to someone else." in shop.open().refusal(ONE)
    assert shop.home.stat() == before
    assert list(shop.home.iterdir()) == []


def test_a_link_in_the_place_of_the_home_is_not_followed(shop, tmp_path):
    before = tmp_path.stat()
    shop.home.symlink_to(tmp_path)

    assert f"{shop.home} belongs to someone else." in shop.open().refusal(ONE)
    assert tmp_path.stat() == before
    assert list(tmp_path.iterdir()) == []


def test_a_closed_installation_stays_closed_and_is_copied(shop, tmp_path):
    site = tmp_path / "site-packages"
    package = install_dir().parent
    site.mkdir(mode=0o700)
    bring(package / "pginstall18", site / package.name / "pginstall18")
    bring(package.with_name(f"{package.name}.libs"), site / f"{package.name}.libs")
    closed = site / package.name / "pginstall18"

    assert shop.query("SELECT 1", install_dir=str(closed)) == [[1]]
    assert stat.S_IMODE(site.stat().st_mode) == 0o700
    [first] = shop.home.glob("programs-*")

    wait_until(shop.is_at_rest)
    upgrade = shutil.copy(closed / "bin" / "postgres", closed / "bin" / "upgrade")
    os.rename(upgrade, closed / "bin" / "postgres")
    assert shop.query("SELECT 1", install_dir=str(closed)) == [[1]]
    [second] = shop.home.glob("programs-*")
    assert second != first
