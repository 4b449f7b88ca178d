"""When the shop hears of a purchase: before the buyer is back, or a moment after."""

import time

import pytest

from checkout.sandbox import deliveries
from checkout.sandbox.models import Delivery
from tests.sandbox.asking import create_session, filled_in

pytestmark = pytest.mark.django_db(transaction=True)


def told(shop):
    return "checkout.session.completed" in shop.kinds()


def test_shop_hears_before_the_buyer_is_back(shop, browser):
    session = create_session()

    browser.post(f"/sandbox/pay/{session.pk}/", filled_in(notice="first"))

    assert told(shop)


def test_shop_hears_a_moment_after_the_buyer_is_back(shop, browser, monkeypatch):
    monkeypatch.setattr(deliveries, "MOMENT", 0.3)
    session = create_session()

    response = browser.post(f"/sandbox/pay/{session.pk}/", filled_in(notice="soon"))

    assert response.status_code == 303
    assert not told(shop)
    deadline = time.monotonic() + 10
    while Delivery.objects.filter(state="delivered").count() == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert told(shop)
