"""The bench at a tiny scale: what it asks is answered, and what it prints can be read.

Nothing here is timed. The tests' own database plays the scratch one, filled by the same statements.
"""

import json
import re
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from checkout.gateways.stripe import answered_by
from checkout.models import Order, OrderLine, Payment, WebhookEvent
from library.models import Enrollment
from project.benching import people
from project.benching.filling import Scale, fill
from project.benching.load import Tally
from project.benching.measuring import Effort, Measured
from project.benching.paid_gateway import PaidGateway
from project.benching.rows import ROWS, Shop, delivery
from project.benching.scratch import SECRET, environment, note_filling
from project.benching.starting import Start
from project.benching.table import Table
from project.embedded_postgres.base import server_of
from tests.factories import create_course

SCALE = Scale(orders=40, courses=30, learners=10)
ROW = ROWS[0]


@pytest.fixture
def scratch(transactional_db, monkeypatch, settings, tmp_path):
    """The tests' database, filled, and the settings of a shop that works in it."""
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    settings.DATA_DIR = tmp_path
    name = str(connection.settings_dict["NAME"])
    server = server_of(connection.settings_dict)
    for key, value in (environment(server, name, tmp_path) | {"DEMO": "1"}).items():
        monkeypatch.setenv(key, value)
    indexes = count_indexes()
    fill(SCALE)
    assert count_indexes() == indexes
    note_filling(SCALE)
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON DATABASE {connection.ops.quote_name(name)} IS NULL")


def bench(*options):
    """Return what the bench printed, and its exit status."""
    out, status = StringIO(), 0
    sizes = [f"--{name}={number}" for name, number in vars(SCALE).items()]
    try:
        call_command("bench", *sizes, *options, stdout=out, stderr=StringIO())
    except SystemExit as ended:
        status = ended.code
    return out.getvalue(), status


def test_bench_fills_and_measures_a_shop(scratch):
    """A page, and what can be sent once only: each is answered as it should be."""
    assert_filled()

    out, status = bench(
        *("--only=catalog-signed-in", "--only=add"),
        *("--json", "--seconds=0.1", "--rounds=1", "--clients=2"),
    )

    told = json.loads(out)
    assert status == int(told["falls_short"])
    assert {row["name"]: row["problem"] for row in told["rows"]} == {
        "catalog-signed-in": "",
        "add": "",
    }
    assert all(row["ratio"] > 0 and row["queries"] > 0 for row in told["rows"])


@pytest.mark.django_db
def test_delivery_is_signed_and_settles_its_order(settings, client):
    """As it is sent byte by byte; the gateway says of any session that it is paid."""
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    course = create_course()
    waiting = people.waiting(1, [course])[0]
    shop = Shop(8000)
    head, body = delivery(shop, waiting.session_id).split(b"\r\n\r\n", 1)
    signature = re.search(rb"Stripe-Signature: (\S+)", head)[1].decode()

    with answered_by(PaidGateway()):
        response = client.post(
            "/webhooks/stripe/",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": signature},
        )

    assert response.status_code == 200
    assert Order.objects.get().status == "paid"
    assert WebhookEvent.objects.get().state == "done"


def assert_filled():
    assert Counter(Order.objects.values_list("status", flat=True)) == {
        "paid": 36,
        "canceled": 2,
        "expired": 2,
    }
    assert (OrderLine.objects.count(), Payment.objects.count()) == (80, 40)
    assert Enrollment.objects.count() == OrderLine.objects.filter(outcome="granted").count() == 72
    assert Enrollment.objects.filter(learner=None).count() == 10
    assert Order.objects.create(**new_order()).pk == SCALE.orders + 1


def count_indexes():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE tablename LIKE 'checkout_%'")
        return cursor.fetchone()[0]


def new_order():
    given = Order.objects.values("cart_fingerprint", "email", "currency", "expires_at").first()
    return {**given, "total_minor": 0, "checkout_token": "0" * 32}


def table(*, start=None, **measured):
    """Return a table with one row, measured as it is said."""
    told = {"rate": 100.0, "ratio": ROW.ratio, "queries": ROW.queries} | measured
    return Table(
        str(SCALE),
        Effort(),
        1,
        hello=[Tally(seconds=1, latencies=[0.001] * 40)],
        rows=[Measured(row=ROW, **told)],
        start=start,
    )


@pytest.mark.parametrize(
    "measured",
    [
        {"ratio": ROW.ratio - 0.01},
        {"queries": ROW.queries + 1},
        {"problem": "1 × 500"},
        {"start": Start(seconds=3.1, megabytes=100, imports_stripe=False)},
        {"start": Start(seconds=1, megabytes=131, imports_stripe=False)},
        {"start": Start(seconds=1, megabytes=100, imports_stripe=True)},
    ],
)
def test_table_says_what_falls_short(measured):
    told = table(**measured)

    assert told.falls_short
    assert "alls short" in told.as_text().replace("No row falls short", "")


def test_table_says_that_nothing_falls_short():
    told = table(start=Start(seconds=3, megabytes=130, imports_stripe=False))

    assert not told.falls_short
    assert "No row falls short." in told.as_text()
    assert told.as_json()["hello_requests_per_second"] == 40


def test_bench_knows_its_rows():
    with pytest.raises(CommandError, match=r"No row is called luck\. There are catalog, "):
        bench("--only=luck")
