"""It survives kill -9 of any of its processes, and the loss of its folder."""

import os
import shutil
import signal
import subprocess

import pytest

from tests.project.embedded_postgres.people import as_anybody
from tests.project.embedded_postgres.shops import is_alive, wait_until

TITLES = "SELECT title FROM course"
OF = "FROM pg_stat_activity WHERE pid ="
SEXTANTS = [["Sextants"]]


def test_a_long_running_process_survives_the_server(used_shop):
    client = used_shop.open()
    [[backend]] = client.query("SELECT pg_backend_pid()")
    used_shop.kill_server()
    wait_until(lambda: not is_alive(backend))

    assert "OperationalError" in client.refusal(f"query({TITLES!r})")
    assert client.query(TITLES) == SEXTANTS


def test_the_server_comes_back_for_pools_that_only_know_its_address(used_shop):
    client = used_shop.open()
    client.query(TITLES)
    dead = used_shop.server_pid()
    used_shop.kill_server()
    wait_until(lambda: used_shop.server_pid() != dead)

    assert used_shop.is_running()


@as_anybody
def test_it_survives_a_backend(used_shop):
    client = used_shop.open()
    [[pid]] = client.query("SELECT pg_backend_pid()")
    os.kill(pid, signal.SIGKILL)

    assert "OperationalError" in client.refusal(f"query({TITLES!r})")
    assert client.query(TITLES) == SEXTANTS


def test_another_supervisor_takes_over_a_running_server(used_shop):
    client = used_shop.open()
    started = client.query("SELECT pg_postmaster_start_time()")
    used_shop.kill_supervisor()

    client.ask("connection.close()")
    assert client.query("SELECT pg_postmaster_start_time()") == started
    assert used_shop.is_supervised()
    client.kill()
    wait_until(used_shop.is_at_rest)


def test_a_supervisor_that_took_over_starts_a_killed_server_again(used_shop):
    client = used_shop.open()
    client.query(TITLES)
    used_shop.kill_supervisor()
    client.ask("connection.close()")
    client.query(TITLES)
    used_shop.kill_server()

    client.ask("connection.close()")
    assert client.query(TITLES) == SEXTANTS


def test_it_survives_server_and_supervisor_at_once(used_shop):
    client = used_shop.open()
    client.query(TITLES)
    used_shop.kill_supervisor()
    used_shop.kill_server()

    client.ask("connection.close()")
    assert client.query(TITLES) == SEXTANTS


@pytest.fixture
def crashed_shop(used_shop):
    """All its processes were killed at once, as by a power cut."""
    client = used_shop.open()
    client.query(TITLES)
    used_shop.kill_supervisor()
    used_shop.kill_server()
    client.kill()
    wait_until(used_shop.is_at_rest)
    return used_shop


@as_anybody
def test_it_starts_after_a_crash(crashed_shop):
    assert crashed_shop.query(TITLES) == SEXTANTS


def test_it_starts_although_its_old_number_belongs_to_another_process_now(crashed_shop):
    owner = crashed_shop.data.stat()
    identity = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", **identity)
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        path = crashed_shop.data / name
        path.write_text("\n".join([str(stranger.pid), *path.read_text().splitlines()[1:], ""]))

    assert crashed_shop.query(TITLES) == SEXTANTS
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@as_anybody
def test_it_starts_although_the_pid_file_was_cut_short(crashed_shop):
    (crashed_shop.data / "postmaster.pid").write_text("12")
    assert crashed_shop.query(TITLES) == SEXTANTS


def test_it_does_not_start_while_a_child_of_the_killed_server_is_at_work(used_shop):
    busy, client = used_shop.open(), used_shop.open()
    [[backend]] = busy.query("SELECT pg_backend_pid()")
    busy.send("query('SELECT max(i) FROM (SELECT generate_series(1, 15000000) AS i) AS numbers')")
    wait_until(lambda: client.query(f"SELECT state = 'active' {OF} {backend}") == [[True]])
    used_shop.kill_server()

    client.ask("connection.close()")
    assert is_alive(backend)
    assert client.query(TITLES) == SEXTANTS
    assert not is_alive(backend)


@pytest.fixture
def server_by_hand(used_shop):
    """A server that somebody started on our files without us."""
    owner = used_shop.data.stat()
    identity = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    server = subprocess.Popen(
        [used_shop.postgres, "-D", used_shop.data, "-k", used_shop.data, "-c", "listen_addresses="],
        stderr=subprocess.DEVNULL,
        cwd="/",
        **identity,
    )
    wait_until((used_shop.data / ".s.PGSQL.5432").exists)
    yield server
    assert server.poll() is None
    server.send_signal(signal.SIGINT)
    assert server.wait(timeout=10) == 0


def test_it_leaves_a_server_alone_that_was_started_by_hand(used_shop, server_by_hand):
    refusal = used_shop.open().refusal(f"query({TITLES!r})")
    assert f"PostgreSQL (process {server_by_hand.pid}), which was started by hand" in refusal
    assert used_shop.server_pid() == server_by_hand.pid


@as_anybody
def test_it_does_not_join_a_server_at_its_files_that_cannot_be_seen(used_shop, server_by_hand):
    (used_shop.data / ".s.PGSQL.5432").unlink()

    refusal = used_shop.open().refusal(f"query({TITLES!r})")
    assert "pre-existing shared memory block" in refusal


def test_a_cluster_that_was_half_made_is_made_anew(shop):
    client = shop.open()
    client.send("query('SELECT 1')")
    wait_until(lambda: any(shop.home.glob("unfinished-*/base")))
    group = os.getpgid(shop.supervisor_pid())
    assert group != os.getpgid(0)
    os.killpg(group, signal.SIGKILL)  # and initdb

    assert client.receive() == [[1]]
    assert list(shop.home.glob("unfinished-*")) == []


@as_anybody
def test_it_starts_although_who_asked_for_it_was_killed_meanwhile(shop):
    first = shop.open()
    first.send("query('SELECT 1')")
    wait_until(shop.is_supervised)
    second = shop.open()
    first.kill()

    assert second.query("SELECT 1") == [[1]]


def test_it_begins_anew_when_its_folder_was_removed_under_it(shop):
    client, idle = shop.open(), shop.open()
    idle.query("SELECT 1")
    for removed in (shop.data, shop.home):
        client.query("CREATE TABLE course ()")
        old = shop.server_pid()
        shutil.rmtree(removed)

        client.ask("connection.close()")
        assert client.query("SELECT to_regclass('course')") == [[None]]
        wait_until(lambda: not is_alive(old))  # noqa: B023  asked at once
