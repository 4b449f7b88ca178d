"""Money that takes its time: banks that pay later, or refuse later, and webhooks that are lost."""

import json
import re
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import only_as_served
from tests.browser.shop import run_beside
from tests.browser.steps import (
    BREAD,
    add_to_cart,
    go_and_sign_in,
    pay,
    pay_by_debit,
    read_mail,
    sign_in_by_code,
)

pytestmark = [pytest.mark.browser, only_as_served]

INSUFFICIENT = "000222222227"


def control(demo, path, **data):
    """Turn a knob of the sandbox's control panel."""
    request = Request(
        f"{demo}/sandbox/controls/api/{path}",
        data=json.dumps(data).encode(),
        headers={"Authorization": "Bearer sk_test_journey", "Content-Type": "application/json"},
    )
    with urlopen(request, timeout=20) as answer:
        return json.load(answer)


@pytest.fixture
def at_the_till(open_browser):
    """Return a function that walks somebody to the pay page with one course."""

    def walk(email):
        page = open_browser()
        page.goto("/")
        add_to_cart(page, BREAD, count=1)
        go_and_sign_in(page)
        sign_in_by_code(page, email)
        page.wait_for_url("**/cart/")
        page.get_by_role("button", name="Check out").click()
        page.wait_for_url("**/sandbox/pay/**")
        return page

    return walk


def session_of(page):
    """Return the session whose pay page is open."""
    return re.search(r"/pay/(\w+)/", page.url)[1]


def test_a_bank_that_pays_later_opens_the_courses_later(at_the_till, demo):
    page = at_the_till("slow-bank@example.com")
    session = session_of(page)

    pay_by_debit(page)
    page.wait_for_url("**/orders/**")
    expect(page.get_by_role("heading", name="Your bank is confirming")).to_be_visible()
    expect(page.locator("#cart-badge")).not_to_contain_text("1")
    letter = read_mail(page, "slow-bank@example.com", "Your bank is confirming")
    assert "there is nothing for you to do" in letter

    control(demo, f"sessions/{session}/succeed")
    read_mail(page, "slow-bank@example.com", "Your order")
    page.reload()

    expect(page.get_by_role("heading", name="It’s yours.")).to_be_visible()
    page.get_by_role("link", name=re.compile("Start lesson 1")).click()
    page.wait_for_url("**/library/bread-from-scratch/**")


def test_a_bank_that_refuses_later_is_followed_by_a_card(at_the_till, demo):
    page = at_the_till("no-funds@example.com")
    session = session_of(page)
    pay_by_debit(page, account=INSUFFICIENT)
    page.wait_for_url("**/orders/**")
    order = page.url
    expect(page.get_by_role("heading", name="Your bank is confirming")).to_be_visible()

    control(demo, f"sessions/{session}/fail")
    letter = read_mail(page, "no-funds@example.com", "did not go through")
    # The letter leads to where another try is made.
    page.goto(re.search(r"http://\S+/orders/\w+/", letter)[0])
    assert page.url == order
    expect(page.get_by_role("heading", name="The payment did not go through")).to_be_visible()
    page.get_by_role("button", name=re.compile("Try again|Pay")).first.click()
    page.wait_for_url("**/sandbox/pay/**")
    pay(page)
    page.wait_for_url("**/orders/**")

    expect(page.get_by_role("heading", name="It’s yours.")).to_be_visible()
    assert page.url == order


def test_a_lost_webhook_is_made_up_for_by_reconciliation(at_the_till, demo, open_browser):
    """The buyer closes the browser at once, the shop hears nothing, and still opens the course."""
    page = at_the_till("lost-webhook@example.com")
    control(demo, "webhooks", is_dropping=True)
    try:
        # The way back is cut: it is paid, and nobody ever comes to the shop.
        page.route("**/orders/**", lambda route: route.abort())
        pay(page)
        page.wait_for_timeout(500)
        page.context.clear_cookies()
        page.unroute_all()
        page.goto("about:blank")

        told = run_beside(demo, "manage.py", "reconcile", "--commit")
    finally:
        control(demo, "webhooks", is_dropping=False)

    assert "was never delivered" in told
    letter = read_mail(page, "lost-webhook@example.com", "Your order")
    assert BREAD in letter
    again = open_browser()
    again.goto("/library/")
    sign_in_by_code(again, "lost-webhook@example.com")
    expect(again.get_by_role("heading", name=BREAD)).to_be_visible()
