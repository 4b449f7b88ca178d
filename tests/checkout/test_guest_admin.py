"""Orders that were placed without an account, as staff see them."""

import pytest
from django.test import Client

from checkout.claims import claim_orders
from project.written import day_and_time
from tests.checkout.guests import ADA, create_guest_order, create_person
from tests.checkout.test_orders import text_of
from tests.factories import create_staff

pytestmark = pytest.mark.django_db


def test_staff_see_whose_an_order_is_and_since_when():
    order = create_guest_order()
    staff = Client()
    staff.force_login(create_staff())
    url = f"/admin/checkout/order/{order.pk}/change/"

    before = text_of(staff.get(url))
    person = create_person()
    claim_orders(person)
    after = text_of(staff.get(url))
    order.refresh_from_db()

    assert "none: placed without an account, and not claimed yet" in before
    assert f"claimed by {ADA} on {day_and_time(order.claimed_at)}" in after
    assert "Claimed by an account" in after


def test_staff_find_an_order_by_the_address_of_who_claimed_it():
    order = create_guest_order(email="typed@example.com")
    order.claim(create_person())
    other = create_guest_order(email="other@example.com")
    staff = Client()
    staff.force_login(create_staff())

    page = text_of(staff.get(f"/admin/checkout/order/?q={ADA}"))

    assert f"/admin/checkout/order/{order.pk}/change/" in page
    assert f"/admin/checkout/order/{other.pk}/change/" not in page
