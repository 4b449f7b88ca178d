"""One number: on card and page, in the structured data, cart and order, and at the gateway."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import Bundle, Course
from catalog.money import to_minor
from checkout.models import OrderLine, Payment
from tests.checkout.conftest import HTMX
from tests.checkout.test_start import check_out, gateway_client
from tests.factories import create_bundle, create_course, end_sale, enroll, put_on_sale

pytestmark = pytest.mark.django_db(transaction=True)


def plain(shopper):
    return create_course(title="Thing", price_minor=3900)


def on_sale(shopper):
    return put_on_sale(plain(shopper), 2900, ends_at=timezone.now() + timedelta(days=3))


def sale_ended(shopper):
    course = on_sale(shopper)
    end_sale(course)
    return course


def bundle(shopper):
    others = (create_course(price_minor=price) for price in (3900, 5900, 0))
    return create_bundle(*others, title="Thing", price_minor=7777)


def bundle_with_credit(shopper):
    partly = bundle(shopper)
    enroll(shopper.user, course=partly.courses.first())
    return partly


def free(shopper):
    return create_course(title="Thing", price_minor=0)


@pytest.mark.parametrize(
    ("make", "minor"),
    [
        (plain, 3900),
        (on_sale, 2900),
        (sale_ended, 3900),
        (bundle, 7777),
        (bundle_with_credit, 4682),
        (free, 0),
    ],
)
def test_price_is_one_number_everywhere(gateway, shopper, make, minor):
    thing = make(shopper)
    kind = "course" if isinstance(thing, Course) else "bundle"
    page = text_at(shopper, thing.get_absolute_url())

    numbers = {
        "model": price_of(thing, shopper),
        "card": shown_in(card_of(thing, text_at(shopper, "/"))),
        "page": shown_in(page[page.index('class="buy-box ') :]),
        "structured data": offered_in(page, otherwise=minor),
        "cart": shown_in(put_in(shopper, kind, thing)),
        "cart's total": total_in(text_at(shopper, "/cart/")),
        "order": 0,
        "gateway": 0,
    }
    check_out(shopper)
    payment = Payment.objects.get()
    numbers["order"] = sum(line.price_minor for line in OrderLine.objects.all())
    numbers["gateway"] = asked_by_the_gateway(payment) if minor else payment.amount_minor

    assert numbers == dict.fromkeys(numbers, minor)
    assert (payment.gateway == "free") is (minor == 0)


def price_of(thing, shopper):
    if isinstance(thing, Bundle):
        owned = set(shopper.user.enrollments.values_list("course_id", flat=True))
        return Bundle.objects.with_courses().get().offer_to(owned).minor
    return Course.objects.get(pk=thing.pk).price_now


def text_at(shopper, url):
    return shopper.client.get(url).content.decode()


def card_of(thing, page):
    [card] = [
        card
        for card in re.findall(r"<article.*?</article>", page, re.DOTALL)
        if f'href="{thing.get_absolute_url()}"' in card
    ]
    return card


def put_in(shopper, kind, thing):
    data = {kind: thing.slug}
    return shopper.client.post("/cart/items/", data, headers=HTMX).content.decode()


def shown_in(text):
    """Return the first price, which people and machines must read alike."""
    amount, words = re.search(
        r'<data class="price-now" value="([\d.]+)">([^<]+)</data>', text
    ).groups()
    minor = to_minor(amount, "usd")
    assert (0 if words == "Free" else to_minor(words.removeprefix("$"), "usd")) == minor
    return minor


def total_in(text):
    return to_minor(re.search(r"<span>Total</span>\D*\$([\d.]+)", text)[1], "usd")


def offered_in(page, *, otherwise):
    """Return the price in the page's structured data, if it has some with an offer."""
    for block in re.findall(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', page, re.S):
        data = json.loads(block)
        for thing in data.get("@graph", [data]) if isinstance(data, dict) else data:
            offers = thing.get("offers") or []
            for offer in offers if isinstance(offers, list) else [offers]:
                return to_minor(str(offer["price"]), "usd")
    return otherwise


def asked_by_the_gateway(payment):
    session = gateway_client().v1.checkout.sessions.retrieve(payment.session_id)
    items = gateway_client().v1.checkout.sessions.line_items.list(payment.session_id)
    assert session.amount_total == sum(item.amount_total for item in items.data)
    return session.amount_total
