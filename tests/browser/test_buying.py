"""From the front page to the first lesson: with JavaScript, without, and with a declined card."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SMALLEST, WIDE, only_as_served
from tests.browser.steps import (
    BREAD,
    DECLINED,
    SKY,
    add_to_cart,
    go_and_sign_in,
    pay,
    sign_in_by_code,
)

pytestmark = pytest.mark.browser


def assert_it_fits(page):
    """Nothing scrolls sideways."""
    page_width, screen = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert page_width <= screen


def fill_the_cart(page):
    page.goto("/")
    add_to_cart(page, BREAD, count=1)
    page.goto("/")
    add_to_cart(page, SKY, count=2)


def check_out(page, email):
    """Check out with what is in the cart, signing in on the way; end on the pay page."""
    go_and_sign_in(page)
    sign_in_by_code(page, email)
    page.wait_for_url("**/cart/")
    expect(page.locator("#cart-badge")).to_contain_text("2")
    page.get_by_role("button", name="Check out").click()
    page.wait_for_url("**/sandbox/pay/**")


def study_and_look_at_the_shelf(page):
    """Open lesson 1, mark it done, and find both courses on the shelf."""
    page.get_by_role("link", name=re.compile(f"Start lesson 1.*{BREAD}")).click()
    page.wait_for_url("**/library/bread-from-scratch/what-flour-does/")
    expect(page.get_by_role("heading", level=1)).to_have_text("What flour does")
    page.get_by_role("button", name=re.compile("done", re.IGNORECASE)).first.click()
    expect(page.get_by_text("1 of 11").first).to_be_visible()
    page.goto("/library/")
    for title in (BREAD, SKY):
        expect(page.get_by_role("heading", name=title)).to_be_visible()


@pytest.mark.parametrize("viewport", [WIDE, SMALLEST], ids=["wide", "320 pixels"])
def test_buying_flips_the_panel_and_opens_the_first_lesson(open_browser, viewport):
    page = open_browser(viewport=viewport)
    fill_the_cart(page)
    assert_it_fits(page)
    check_out(page, f"journey{viewport['width']}@example.com")

    pay(page)
    page.wait_for_url("**/orders/**")
    expect(page.get_by_role("heading", name="Confirming your payment")).to_be_visible()
    page.evaluate("() => { window.isTheSamePage = true; }")

    expect(page.get_by_role("heading", name="They’re yours.")).to_be_visible()
    assert page.evaluate("() => window.isTheSamePage")
    assert_it_fits(page)
    expect(page.locator("#cart-badge")).not_to_contain_text("2")
    expect(page.locator("#order")).not_to_have_attribute("hx-trigger", re.compile("every"))
    expect(page.locator("#toasts")).to_contain_text("Paid. Your courses are open.")
    study_and_look_at_the_shelf(page)
    assert_it_fits(page)


@only_as_served
def test_buying_without_javascript(open_browser):
    page = open_browser(java_script_enabled=False)
    fill_the_cart(page)
    check_out(page, "plain@example.com")

    pay(page)
    page.wait_for_url("**/orders/**")

    expect(page.get_by_role("heading", name="They’re yours.")).to_be_visible()
    study_and_look_at_the_shelf(page)


def test_a_declined_card_ends_in_a_purchase_with_another(open_browser):
    page = open_browser()
    fill_the_cart(page)
    check_out(page, "declined@example.com")
    where = page.url

    pay(page, card=DECLINED)
    expect(page.get_by_role("alert")).to_contain_text("declined")
    assert page.url == where

    pay(page)
    page.wait_for_url("**/orders/**")
    expect(page.get_by_role("heading", name="They’re yours.")).to_be_visible()


@only_as_served
def test_coming_back_without_paying_keeps_the_cart(open_browser):
    page = open_browser()
    fill_the_cart(page)
    check_out(page, "hesitant@example.com")

    page.get_by_role("link", name=re.compile("Back to")).click()
    page.wait_for_url("**/cart/**")

    expect(page.get_by_text("You came back without paying.")).to_be_visible()
    expect(page.locator("#cart-badge")).to_contain_text("2")


def test_a_second_tab_that_waits_flips_as_well(open_browser):
    """Paid in one tab, the order in another flips by itself, and says so once."""
    page = open_browser()
    fill_the_cart(page)
    check_out(page, "tabs@example.com")
    other = page.context.new_page()
    other.goto("/orders/")
    other.get_by_role("link", name=re.compile("^No")).first.click()
    expect(other.get_by_role("heading", name="Confirming your payment")).to_be_visible()

    pay(page)

    expect(other.get_by_role("heading", name="They’re yours.")).to_be_visible()


def test_back_and_forward_always_show_a_whole_page(open_browser):
    page = open_browser()
    page.goto("/")
    page.get_by_role("link", name=BREAD).first.click()
    page.wait_for_url("**/courses/bread-from-scratch/")
    expect(page).to_have_title(re.compile(BREAD))

    page.go_back()
    expect(page.get_by_role("heading", name=SKY).first).to_be_visible()
    expect(page.locator("header.masthead")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", name=BREAD, level=1)).to_be_visible()
    expect(page.locator("header.masthead")).to_be_visible()
