"""Without an account: buy, study at once, and take it into an account later, here or elsewhere."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE, only_as_served
from tests.browser.steps import BREAD, SKY, add_to_cart, pay, read_mail, sign_in_by_code

pytestmark = [pytest.mark.browser, only_as_served]


def check_out(page, email):
    """Check out from the cart with nothing but an address; end on the pay page."""
    page.goto("/cart/")
    page.locator("#cart").get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Check out").click()
    page.wait_for_url("**/sandbox/pay/**")


def buy(page, email, *titles):
    """Buy as a guest; end on the order's page, unlocked. Return its address."""
    for number, title in enumerate(titles, start=1):
        page.goto("/")
        add_to_cart(page, title, count=number)
    check_out(page, email)
    pay(page)
    page.wait_for_url("**/orders/**")
    yours = "It’s yours." if len(titles) == 1 else "They’re yours."
    expect(page.get_by_role("heading", name=yours)).to_be_visible()
    return page.url.partition("?")[0]


def study(page):
    """Open lesson 1 of the bread course, and mark it done."""
    page.get_by_role("link", name=re.compile(f"Start lesson 1.*{BREAD}")).click()
    page.wait_for_url("**/library/bread-from-scratch/what-flour-does/")
    expect(page.get_by_role("heading", level=1)).to_have_text("What flour does")
    page.get_by_role("button", name=re.compile("done", re.IGNORECASE)).first.click()
    expect(page.get_by_text("1 of 11").first).to_be_visible()


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_guest_studies_at_once_and_saves_it_to_an_account(open_browser, viewport):
    email = f"guest{viewport['width']}@example.com"
    page = open_browser(viewport=viewport)
    order = buy(page, email, BREAD, SKY)
    study(page)

    page.goto("/library/")
    expect(
        page.get_by_text("Save them to an account, so that you find them again.")
    ).to_be_visible()
    page.goto(order)
    page.get_by_role("link", name="Save to an account").click()
    expect(page.get_by_label("E-mail")).to_have_value(email)
    sign_in_by_code(page, email)

    page.wait_for_url(order)
    expect(page.get_by_text("is in your account now.")).to_be_visible()
    page.goto("/library/")
    expect(page.get_by_text("1 of 11 lessons done")).to_be_visible()
    expect(page.get_by_role("heading", name=SKY)).to_be_visible()


def test_a_guest_without_javascript_claims_by_code_in_another_browser(open_browser):
    page = open_browser(java_script_enabled=False)
    order = buy(page, "plain-guest@example.com", BREAD)
    study(page)
    letter = read_mail(page, "plain-guest@example.com", "Your order")
    assert order in letter
    assert "Please keep this mail." in letter

    other = open_browser(java_script_enabled=False)
    other.goto(order)
    expect(other.get_by_role("heading", name="Sign in to study")).to_be_visible()
    expect(other.get_by_role("link", name=re.compile("Start lesson 1"))).to_have_count(0)
    other.get_by_role("main").get_by_role("link", name="Sign in").click()
    sign_in_by_code(other, "plain-guest@example.com")
    other.wait_for_url(order)
    expect(other.get_by_role("link", name=re.compile("Start lesson 1"))).to_be_visible()

    page.goto(order)
    page.wait_for_url("**/accounts/login/**")


def test_an_owner_finds_the_course_that_was_bought_with_their_address(open_browser):
    owner = open_browser()
    owner.goto("/accounts/login/")
    sign_in_by_code(owner, "owner-of-it@example.com")
    expect(owner.get_by_role("button", name="Account")).to_be_visible()
    page = open_browser()
    order = buy(page, "owner-of-it@example.com", BREAD)
    expect(page.get_by_role("link", name=re.compile("Start lesson 1"))).to_be_visible()

    owner.goto("/library/")

    expect(owner.get_by_text("is in your account now.")).to_be_visible()
    expect(owner.get_by_role("heading", name=BREAD)).to_be_visible()
    buy(page, "owner-of-it@example.com", BREAD)
    owner.goto("/orders/")
    owner.get_by_role("link", name=re.compile("^No")).first.click()
    expect(owner.get_by_role("heading", name="Seats to give away")).to_be_visible()
    assert order


def test_the_link_saves_an_order_to_whoever_is_signed_in(open_browser):
    page = open_browser()
    order = buy(page, "giver@example.com", BREAD)
    other = open_browser()
    other.goto("/accounts/login/")
    sign_in_by_code(other, "taker@example.com")
    expect(other.get_by_role("button", name="Account")).to_be_visible()

    other.goto(order)
    other.get_by_role("button", name="Save to my account").click()

    expect(other.get_by_text("is in your account now.")).to_be_visible()
    expect(other.get_by_role("link", name=re.compile("Start lesson 1"))).to_be_visible()


def test_an_address_that_is_none_is_said_at_the_field(open_browser):
    page = open_browser()
    page.goto("/")
    add_to_cart(page, BREAD, count=1)
    cart = page.locator("#cart")
    cart.get_by_label("E-mail address").fill("ada@example")
    cart.get_by_role("button", name="Check out").click()

    alert = cart.get_by_role("alert")
    expect(alert).to_contain_text("That is no e-mail address")
    expect(alert).to_be_focused()
    alert.get_by_role("link").click()
    expect(cart.get_by_label("E-mail address")).to_be_focused()
    cart.get_by_label("E-mail address").fill("ada2@example.com")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sandbox/pay/**")


def test_a_lost_link_comes_by_mail(open_browser):
    page = open_browser()
    order = buy(page, "lost-letter@example.com", BREAD)
    other = open_browser()
    other.goto("/accounts/login/")
    other.get_by_role("main").get_by_role("link", name="Find your order").click()

    other.get_by_label("E-mail address").fill("lost-letter@example.com")
    other.get_by_role("button", name="Mail me the links").click()

    expect(other.get_by_text("If there are orders for this address")).to_be_visible()
    assert order in read_mail(other, "lost-letter@example.com", "Your orders at")
