"""The page of one course on a phone: the button that stays in reach, seats for a team, a lesson."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE, only_as_served

pytestmark = [pytest.mark.browser, only_as_served]

PAGE = "/courses/bread-from-scratch/"


def bar_of(page):
    return page.locator(".buy-bar")


def scroll_to(page, selector):
    page.locator(selector).evaluate("element => element.scrollIntoView()")


def test_price_and_button_are_on_the_first_screen_of_a_phone(open_browser):
    page = open_browser(viewport=NARROW)
    page.goto(PAGE)

    for thing in (
        page.get_by_role("heading", level=1),
        page.locator(".lede"),
        page.locator(".buy-box-price"),
        page.locator(".buy-box .button-add"),
    ):
        expect(thing).to_be_in_viewport(ratio=1)


def test_buy_bar_comes_when_the_box_has_gone_and_buys_what_the_box_says(open_browser):
    page = open_browser(viewport=NARROW)
    page.goto(PAGE)
    expect(bar_of(page)).not_to_be_in_viewport()
    page.get_by_text("Buying for a team?").click()
    page.get_by_label("Seats", exact=True).fill("3")

    scroll_to(page, "#contents-heading")
    expect(bar_of(page)).to_be_in_viewport(ratio=1)
    expect(page.locator(".buy-box")).not_to_be_in_viewport()
    bar_of(page).get_by_role("button", name="Add to cart").click()

    expect(bar_of(page).get_by_role("link", name="In your cart")).to_be_visible()
    expect(bar_of(page).get_by_role("button")).to_be_hidden()
    expect(page.locator("#cart-badge")).to_contain_text("3")


def test_buy_bar_covers_nothing_at_the_end_of_the_matter(open_browser):
    page = open_browser(viewport=NARROW)
    page.goto(PAGE)
    page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")

    last = page.locator(".promise").bounding_box()
    bar = bar_of(page).bounding_box()
    assert last["y"] + last["height"] <= bar["y"]


@pytest.mark.parametrize("height", [500, 844, 1400])
def test_keyboard_focus_is_never_behind_the_buy_bar(open_browser, height):
    page = open_browser(viewport={"width": 390, "height": height})
    page.goto(PAGE)

    for _ in range(40):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            """() => {
              const focused = document.activeElement, bar = document.querySelector(".buy-bar");
              if (bar.contains(focused) || focused.matches("body, .skip")) return "";
              const [it, over] = [focused, bar].map((each) => each.getBoundingClientRect());
              const isShown = over.top < innerHeight;
              const isBehind = it.bottom > over.top + 1 && it.top < over.bottom;
              return isShown && isBehind ? focused.outerHTML : "";
            }"""
        )
        assert hidden == ""


def test_buy_bar_is_for_small_screens_and_never_for_paper(open_browser):
    page = open_browser(viewport=WIDE)
    page.goto(PAGE)
    scroll_to(page, "#contents-heading")
    expect(bar_of(page)).to_be_hidden()
    expect(page.locator(".buy-box .button-add")).to_be_in_viewport(ratio=1)

    page.set_viewport_size(NARROW)
    expect(bar_of(page)).to_be_visible()
    page.emulate_media(media="print")
    expect(bar_of(page)).to_be_hidden()


def test_seats_for_a_team_need_no_script(open_browser):
    page = open_browser(viewport=NARROW, java_script_enabled=False)
    page.goto(PAGE)
    page.get_by_text("Buying for a team?").click()
    page.get_by_label("Seats", exact=True).fill("2")
    page.locator(".buy-box .button-add").click()

    page.wait_for_url("**/cart/")
    expect(page.get_by_text("2 seats")).to_be_visible()


def test_lessons_to_try_lead_from_one_to_the_next_and_back(open_browser):
    page = open_browser(viewport=NARROW)
    page.goto(PAGE)
    page.get_by_role("link", name="Read a lesson first").click()
    page.wait_for_url("**/?preview=what-flour-does")
    expect(page.get_by_role("heading", level=1)).to_have_text("What flour does")
    expect(page).to_have_title(re.compile("^What flour does"))

    page.get_by_role("link", name="Next lesson to try").click()
    page.wait_for_url("**/?preview=reading-the-dough")
    page.get_by_role("link", name="Back to “Bread from Scratch”").click()
    page.wait_for_url(f"**{PAGE}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bread from Scratch")
