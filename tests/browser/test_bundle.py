"""A course first, and then the bundle that has it: the rest is paid, and no more."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import only_as_served
from tests.browser.steps import BREAD, SKY, add_to_cart, go_and_sign_in, pay, sign_in_by_code

pytestmark = [pytest.mark.browser, only_as_served]

BUNDLE = "Three Good Evenings"


@pytest.mark.parametrize("with_javascript", [True, False], ids=["htmx", "plain"])
def test_bundle_after_one_of_its_courses_costs_the_rest(open_browser, with_javascript):
    page = open_browser(java_script_enabled=with_javascript)
    page.goto("/")
    add_to_cart(page, BREAD, count=1)
    go_and_sign_in(page)
    sign_in_by_code(page, f"bundle{int(with_javascript)}@example.com")
    page.wait_for_url("**/cart/")
    page.get_by_role("button", name="Check out").click()
    page.wait_for_url("**/sandbox/pay/**")
    pay(page)
    page.wait_for_url("**/orders/**")
    expect(page.get_by_role("heading", name="It’s yours.")).to_be_visible()

    page.goto("/")
    add_to_cart(page, SKY, count=1)
    page.goto("/")
    page.get_by_role("button", name=re.compile(f"Add to cart.*{BUNDLE}")).click()
    expect(page.locator("#cart-badge")).to_contain_text("1")
    if with_javascript:
        expect(page.locator("#buy-sky-with-your-own-eyes")).to_contain_text("In your cart")
        expect(page.locator("#toasts")).to_contain_text("was there alone, and was taken out")
    page.goto("/cart/")
    # The parts of 99 are 30.40, 22.61 and 45.99.
    expect(page.locator("#cart")).to_contain_text(f"You have “{BREAD}” (−$30.40) already")
    expect(page.locator(".cart-total")).to_contain_text("$68.60")
    page.get_by_role("button", name="Check out").click()
    page.wait_for_url("**/sandbox/pay/**")
    expect(page.get_by_text("$68.60").first).to_be_visible()
    pay(page)
    page.wait_for_url("**/orders/**")

    expect(page.get_by_role("heading", name="They’re yours.")).to_be_visible()
    expect(page.get_by_text(f"part of “{BUNDLE}”")).to_have_count(2)
    page.goto("/bundles/three-good-evenings/")
    expect(page.get_by_text("All of these courses are yours.")).to_be_visible()
