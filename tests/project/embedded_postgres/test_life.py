"""It starts on the first connection, and stops when nobody uses it."""

import os
import time

from tests.project.embedded_postgres.people import as_anybody
from tests.project.embedded_postgres.shops import wait_until

TITLES = "SELECT title FROM course"
STARTED_AT = "SELECT pg_postmaster_start_time()"


def test_it_starts_on_the_first_connection_and_not_before(shop):
    client = shop.open()
    assert client.ask("connection.vendor") == "postgresql"
    assert not shop.data_dir.exists()
    assert not shop.home.exists()

    assert client.query("SELECT current_database()") == [["shop"]]
    assert shop.is_running()
    assert sorted(path.name for path in shop.home.iterdir()) == [
        "data",
        "lease.lock",
        "server.log",
        "supervisor.lock",
    ]


def test_a_second_start_finds_what_the_first_one_left(used_shop):
    assert not (used_shop.data / "postmaster.pid").exists()

    assert used_shop.query(TITLES) == [["Sextants"]]


def test_eight_first_connections_at_once_share_one_server(shop):
    clients = [shop.open() for _ in range(8)]
    for client in clients:
        client.send(f"query({STARTED_AT!r})")

    assert len({client.receive()[0][0] for client in clients}) == 1
    assert list(shop.home.glob("unfinished-*")) == []


def test_it_stays_while_one_of_two_users_does_and_stops_when_the_last_is_killed(used_shop):
    first, second = used_shop.open(), used_shop.open()
    first.query(TITLES)
    second.query(TITLES)

    first.kill()
    time.sleep(1)
    assert used_shop.is_running()
    second.kill()
    wait_until(used_shop.is_at_rest)
    assert "database system is shut down" in (used_shop.home / "server.log").read_text()[-300:]


@as_anybody
def test_it_outlives_its_last_user_by_the_linger_so_that_a_restart_finds_it(used_shop):
    first = used_shop.open(linger=20)
    started = first.query(STARTED_AT)
    first.end()
    time.sleep(0.6)

    assert used_shop.query(STARTED_AT) == started
    used_shop.kill_supervisor()  # which would wait for long


@as_anybody
def test_a_closed_connection_keeps_it_until_the_process_ends(used_shop):
    client = used_shop.open()
    started = client.query(STARTED_AT)
    client.ask("connection.close()")
    time.sleep(0.6)

    assert client.query(STARTED_AT) == started


def test_a_forked_child_that_does_not_use_it_does_not_keep_it(used_shop):
    client = used_shop.open()
    client.query(TITLES)
    child = client.ask("os.fork() or os.execlp('sleep', 'sleep', '30')")
    other = client.ask("os.fork() or __import__('time').sleep(30) or os._exit(0)")
    client.kill()

    wait_until(used_shop.is_at_rest)
    for pid in (child, other):
        os.kill(pid, 9)


def test_a_forked_child_that_uses_it_keeps_it(used_shop):
    client = used_shop.open()
    started = client.query(STARTED_AT)
    client.ask(
        "os.fork() or (connection.inc_thread_sharing(), setattr(connection, 'connection', None),"
        f" query({STARTED_AT!r}), __import__('time').sleep(2), os._exit(0))"
    )
    client.kill()
    time.sleep(0.6)

    assert used_shop.query(STARTED_AT) == started


@as_anybody
def test_a_program_that_inherits_all_open_files_does_not_keep_it(used_shop):
    client = used_shop.open()
    client.query(TITLES)
    child = client.ask(
        "subprocess.Popen(['sleep', '30'], close_fds=False, stdout=subprocess.DEVNULL).pid"
    )
    client.kill()

    wait_until(used_shop.is_at_rest)
    os.kill(child, 9)


def test_it_starts_for_a_program_that_ignores_the_end_of_its_children(ordinary_shop):
    client = ordinary_shop.open()
    client.ask("signal.signal(signal.SIGCHLD, signal.SIG_IGN)")

    assert client.query("SELECT 1") == [[1]]


def test_a_second_checkout_has_a_second_server(shop, used_shop):
    assert shop.query("SELECT to_regclass('course')") == [[None]]
    assert used_shop.query("SELECT to_regclass('course')") == [["course"]]
    assert shop.home != used_shop.home
