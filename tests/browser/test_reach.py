"""The shop by keyboard alone, in the system's own colors, without motion, and on paper."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import only_as_served
from tests.browser.steps import BREAD, read_code

pytestmark = [pytest.mark.browser, only_as_served]

MANY = 80  # presses of Tab, before one gives up
# Around what has the focus, around its larger target, or around the card that it stands for.
OUTLINE = """() => {
  const isDrawn = ({ outlineStyle, outlineWidth }) =>
    outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  const one = document.activeElement;
  const around = [one, one.closest("article"), one.closest("label, .switch")].filter(Boolean);
  return around.some((each) => isDrawn(getComputedStyle(each)))
    || isDrawn(getComputedStyle(one, "::after"));
}"""


def tab_to(page, target):
    """Press Tab until the target has the focus. Each stop on the way shows that it has it."""
    expect(target).to_be_visible()
    for _ in range(MANY):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement !== document.body"):
            where = page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")
            assert page.evaluate(OUTLINE), f"One cannot see the focus on {where}"
    raise AssertionError(f"Tab never comes to {target}.")


def press(page, role, name):
    """Go to a control by Tab, and press Enter."""
    tab_to(page, page.get_by_role(role, name=re.compile(name)).first)
    page.keyboard.press("Enter")


def write(page, label, text):
    """Go to a field by Tab, and type."""
    tab_to(page, page.get_by_label(label))
    page.keyboard.type(text)


def test_a_course_is_bought_and_opened_by_keyboard_alone(open_browser):
    page = open_browser()
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()

    press(page, "button", f"Add to cart.*{BREAD}")
    expect(page.get_by_role("link", name="In your cart")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/cart/")
    tab_to(page, page.locator("#cart").get_by_role("link", name="Sign in"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/login/**")
    write(page, "E-mail", "keyboard@example.com")
    page.keyboard.press("Enter")
    page.wait_for_url("**/confirm/**")
    write(page, "Code", read_code(page, "keyboard@example.com"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/cart/")
    press(page, "button", "Check out")

    page.wait_for_url("**/sandbox/pay/**")
    write(page, "Card number", "4242424242424242")
    write(page, "Expires", "1234")
    write(page, "Security code", "123")
    page.keyboard.press("Enter")

    page.wait_for_url("**/orders/**")
    expect(page.get_by_role("heading", name="It’s yours.")).to_be_visible()
    press(page, "link", "Start lesson 1")
    page.wait_for_url("**/library/**/what-flour-does/")
    press(page, "button", "Mark as done")
    expect(page.get_by_text("1 of 11 lessons done").first).to_be_visible()


def test_the_systems_own_colors_leave_every_control_its_edge(open_browser):
    page = open_browser(forced_colors="active")
    page.goto("/courses/bread-from-scratch/")
    edges = page.locator(".button:visible, .switch:visible, .panel:visible").evaluate_all(
        "(all) => all.map((one) => parseFloat(getComputedStyle(one).borderTopWidth))"
    )

    assert len(edges) >= 3
    assert min(edges) >= 1
    chosen, other = page.locator(".switch button").last, page.locator(".switch button").first
    background = "(button) => getComputedStyle(button).backgroundColor"
    assert chosen.evaluate(background) != other.evaluate(background)


def test_nothing_moves_for_whoever_asked_for_that(see):
    page = see("order, pending", reduced_motion="reduce")
    moving = """() => [...document.querySelectorAll("*")].filter((one) => {
      const { animationName, animationDuration, transitionDuration } = getComputedStyle(one);
      const lasting = (times) => times.split(",").some((time) => parseFloat(time) > 0.001);
      return animationName !== "none" && lasting(animationDuration) || lasting(transitionDuration);
    }).map((one) => one.outerHTML.slice(0, 100))"""

    expect(page.locator(".spinner")).to_be_visible()
    assert page.evaluate(moving) == []


def test_a_receipt_is_printed_without_the_shop_around_it(see):
    page = see("order, paid", color_scheme="dark")
    page.emulate_media(media="print")

    expect(page.locator(".receipt")).to_be_visible()
    expect(page.locator(".shop-name")).to_be_visible()
    for rest in (".masthead nav", ".colophon", ".demo-bar", "#cart", ".button", "form"):
        assert [each.is_visible() for each in page.locator(rest).all() if each.is_visible()] == []
    ink = page.evaluate("() => getComputedStyle(document.documentElement).color")
    assert ink == "rgb(0, 0, 0)"


def test_contents_are_printed_whole(open_browser):
    page = open_browser()
    page.goto("/courses/bread-from-scratch/")
    page.locator(".contents summary").last.click()
    last = page.locator(".contents details li").last
    expect(last).to_be_hidden()

    page.emulate_media(media="print")

    expect(last).to_be_visible()
    expect(page.locator(".masthead nav")).to_be_hidden()
