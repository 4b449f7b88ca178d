import tempfile
from itertools import count
from pathlib import Path

import pytest

from tests.project.embedded_postgres.people import IS_ROOT, NAMES, me, nobody
from tests.project.embedded_postgres.shops import Shop

collect_ignore = [] if IS_ROOT else ["test_root.py"]
numbers = count()


def pytest_collection_modifyitems(config, items):
    """Leave out, in an ordinary run of root's, what an ordinary user tries as well."""
    if IS_ROOT and not config.getoption("everybody"):
        twice = [item for item in items if _is_tried_as(item, "root")]
        config.hook.pytest_deselected(items=twice)
        items[:] = [item for item in items if item not in twice]


def _is_tried_as(item, name):
    here = item.path.parent == Path(__file__).parent and item.path.name != "test_root.py"
    return here and getattr(item, "callspec", None) and item.callspec.params.get("person") == name


def open_shop(person, name="checkout"):
    shop = Shop(person, person.folder / f"{name}-{next(numbers)}" / ".data" / "postgres")
    yield shop
    shop.close()


@pytest.fixture(scope="session")
def world():
    """A folder that everyone may enter, unlike pytest's."""
    with tempfile.TemporaryDirectory(prefix="lectern-test-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def people(world):
    found = (
        {"root": me(world), "ordinary user": nobody(world)} if IS_ROOT else {NAMES[0]: me(world)}
    )
    doors = [person.admit_clients() for person in found.values()]
    yield found
    for door in doors:
        door.terminate()
        door.wait()


@pytest.fixture(scope="session", params=NAMES)
def person(request, people):
    return people[request.param]


@pytest.fixture
def shop(person):
    """A checkout where nothing was ever started."""
    yield from open_shop(person)


@pytest.fixture
def ordinary_shop(people):
    """A checkout of an ordinary user, whose server lives in the folder that was asked for."""
    yield from open_shop(people["ordinary user"])


@pytest.fixture
def long_shop(people):
    """The same with a path that is longer than that of a socket may be, and awkward to quote."""
    yield from open_shop(people["ordinary user"], "a-path-that-is-long-" * 6 + " 'quoted' $HOME")


@pytest.fixture(scope="session")
def old_shop(person):
    """A checkout that several tests use one after the other, with a table of one row."""
    for shop in open_shop(person):
        shop.query("CREATE TABLE course AS SELECT 'Sextants' AS title")
        yield shop


@pytest.fixture
def used_shop(old_shop):
    """The old shop, at rest before and after."""
    old_shop.empty()
    yield old_shop
    old_shop.empty()
