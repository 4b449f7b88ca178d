"""Buying seats for others, and what becomes of them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SMALLEST, only_as_served
from tests.browser.steps import (
    BREAD,
    add_to_cart,
    go_and_sign_in,
    pay,
    read_mail,
    sign_in_by_code,
)

pytestmark = pytest.mark.browser

INVITED = "has a seat on"


def buy_four_seats(page, email):
    """Buy four seats, one for oneself; end on the page on which they are handed out."""
    page.goto("/")
    add_to_cart(page, BREAD, count=1)
    go_and_sign_in(page)
    sign_in_by_code(page, email)
    page.wait_for_url("**/cart/")
    for seats in (2, 3, 4):
        page.locator("#cart").get_by_role("button", name=f"One seat more on {BREAD}").click()
        expect(page.locator("#cart").get_by_text(f"{seats} seats")).to_be_visible()
    expect(page.locator("#cart").get_by_text("The other 3 come as links")).to_be_visible()
    page.get_by_role("button", name="Check out").click()
    page.wait_for_url("**/sandbox/pay/**")
    pay(page)
    page.wait_for_url("**/orders/**")
    expect(page.get_by_role("heading", name="It’s yours.")).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="Invite people, or make gifts of them").click()
    page.wait_for_url("**/seats/")


def seat(page, number):
    """Return one seat of the page."""
    return page.locator(".seat").nth(number - 1)


def take(page, link, email, *, shares=False):
    """Open a seat's link, sign in, and take it; end on the course's page."""
    page.goto(link)
    page.get_by_role("link", name="Sign in to take it").click()
    sign_in_by_code(page, email)
    page.wait_for_url(link)
    if shares:
        page.get_by_label(re.compile("see how far I am")).check()
    page.get_by_role("button", name="Take this seat").click()
    page.wait_for_url("**/library/bread-from-scratch/")


@only_as_served
def test_seats_are_given_away_and_taken(open_browser):
    buyer = open_browser(viewport=SMALLEST)
    buy_four_seats(buyer, "buyer@example.com")
    expect(buyer.locator(".seat")).to_have_count(3)

    # One by mail, one as a gift, one by its link.
    seat(buyer, 1).get_by_text("Invite by e-mail").click()
    seat(buyer, 1).get_by_label("E-mail address").first.fill("newcomer@example.com")
    seat(buyer, 1).get_by_role("button", name="Send the invitation").click()
    expect(seat(buyer, 1).get_by_text("newcomer@example.com")).to_be_visible()
    seat(buyer, 2).get_by_text("Make it a gift").click()
    seat(buyer, 2).get_by_label("For whom").fill("Lea")
    seat(buyer, 2).locator("[id$=-gift-email]").fill("lea@example.com")
    seat(buyer, 2).get_by_label("A few words from you").fill("Happy birthday!")
    seat(buyer, 2).get_by_role("button", name="Give it").click()
    expect(seat(buyer, 2).get_by_text("Happy birthday!")).to_be_visible()
    handed_on = seat(buyer, 3).get_by_role("textbox").first.input_value()

    letter = read_mail(buyer, "newcomer@example.com", INVITED)
    newcomer = open_browser()
    take(newcomer, re.search(r"http\S+/claim/\S+", letter)[0], "newcomer@example.com", shares=True)
    gift = read_mail(buyer, "lea@example.com", "gives you")
    assert "Happy birthday!" in gift
    lea = open_browser(java_script_enabled=False)
    take(lea, re.search(r"http\S+/claim/\S+", gift)[0], "lea@example.com")
    lea.get_by_text("Why do I have this course?").click()
    expect(lea.get_by_text("It is a gift from buyer@example.com.")).to_be_visible()

    # Somebody who is there already: the seat stays free, and whoever is second is told kindly.
    lea.goto(handed_on)
    expect(lea.get_by_text("You have this course already")).to_be_visible()
    existing = open_browser()
    take(existing, handed_on, "someone@example.com")
    newcomer.goto(handed_on)
    expect(newcomer.get_by_text("Somebody has taken this seat.")).to_be_visible()

    buyer.reload()
    expect(buyer.locator(".seat .badge-good")).to_have_count(3)
    expect(seat(buyer, 1).get_by_text("0 of 11 lessons done")).to_be_visible()
    expect(seat(buyer, 2).get_by_text("lessons done")).to_have_count(0)
    assert buyer.evaluate("document.documentElement.scrollWidth") <= 320
