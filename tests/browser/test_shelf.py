"""Finding a course: searching, choosing, going on, and going Back."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, only_as_served
from tests.browser.steps import BREAD, SKY

pytestmark = [pytest.mark.browser, only_as_served]

SQL = "SQL by Detective Work"
OF_THE_DEMO = re.compile("|".join([BREAD, SQL, SKY]))  # other journeys publish more


def titles(page):
    return page.locator(".course-card h3")


def test_search_finds_while_one_types_and_back_shows_a_whole_page(open_browser):
    page = open_browser()
    page.goto("/")
    words = page.get_by_role("searchbox", name="Search the courses")

    words.press_sequentially("brea", delay=30)

    expect(titles(page)).to_have_text([BREAD])
    expect(page.get_by_role("status").filter(has_text="1 course")).to_be_visible()
    expect(page).to_have_title("brea · courses – Lectern")
    expect(page).to_have_url(re.compile(r"/\?q=brea$"))
    expect(words).to_be_focused()
    expect(words).to_have_value("brea")

    page.get_by_role("link", name=BREAD).click()
    expect(page.get_by_role("heading", level=1, name=BREAD)).to_be_visible()
    page.go_back()

    expect(page.get_by_role("searchbox", name="Search the courses")).to_have_value("brea")
    expect(titles(page)).to_have_text([BREAD])
    expect(page.locator(".masthead")).to_have_count(1)
    expect(page.locator("#cart")).to_have_count(1)


def test_search_guesses_what_was_mistyped(open_browser):
    page = open_browser()
    page.goto("/")

    page.get_by_role("searchbox", name="Search the courses").fill("braed")
    expect(page.get_by_text("Nothing was found for “braed”.")).to_be_visible()
    expect(titles(page)).to_have_text([BREAD])

    page.get_by_role("link", name="Search for “braed” exactly").click()
    expect(page.get_by_text("Nothing on the shelf for “braed”.")).to_be_visible()
    page.get_by_role("link", name="bread", exact=True).click()
    expect(page.get_by_role("searchbox", name="Search the courses")).to_have_value("bread")
    expect(titles(page)).to_have_text([BREAD])


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_choices_hold_while_one_searches_and_are_taken_back(open_browser, has_script):
    page = open_browser(java_script_enabled=has_script, viewport=NARROW)
    page.goto("/")

    page.get_by_role("link", name="Astronomy", exact=True).click()
    expect(titles(page)).to_have_text([SKY])
    expect(page).to_have_url(re.compile(r"/\?topic=astronomy$"))

    both = re.compile(r"q=bread&topic=astronomy|topic=astronomy&q=bread")
    page.get_by_role("searchbox", name="Search the courses").fill("bread")
    page.get_by_role("searchbox", name="Search the courses").press("Enter")
    expect(page).to_have_url(both)
    expect(page.get_by_text("Nothing on the shelf for “bread”.")).to_be_visible()

    page.get_by_role("link", name="Leave out Astronomy").click()
    expect(titles(page)).to_have_text([BREAD])
    page.get_by_role("link", name="Courses", exact=True).click()
    expect(titles(page).filter(has_text=OF_THE_DEMO)).to_have_count(3)


def test_order_is_chosen_by_keyboard_alone(open_browser):
    page = open_browser()
    page.goto("/")

    page.locator("summary", has_text="Newest first").focus()
    page.keyboard.press("Enter")
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/\?sort=title$"))
    expect(titles(page).filter(has_text=OF_THE_DEMO)).to_have_text([BREAD, SQL, SKY])
    expect(page.locator("#results")).to_be_focused()
    page.go_back()
    expect(page).to_have_url(re.compile(r"/$"))
    expect(page.locator("summary", has_text="Newest first")).to_be_visible()


def test_header_searches_from_every_page(open_browser):
    page = open_browser()
    page.goto("/cart/")

    page.get_by_role("searchbox", name="Search the courses").fill("stars")
    page.get_by_role("searchbox", name="Search the courses").press("Enter")

    expect(page).to_have_url(re.compile(r"/\?q=stars$"))
    expect(titles(page).first).to_have_text(SKY)
    expect(page.get_by_role("searchbox")).to_have_count(1)


def test_back_and_forward_through_search_and_filter_always_show_a_whole_page(open_browser):
    page = open_browser()
    page.goto("/")
    page.get_by_role("searchbox", name="Search the courses").fill("bread")
    page.get_by_role("searchbox", name="Search the courses").press("Enter")
    expect(titles(page)).to_have_text([BREAD])
    page.get_by_role("link", name="Cooking", exact=True).click()
    expect(page.get_by_role("link", name="Leave out Cooking")).to_be_visible()
    page.get_by_role("link", name=BREAD).click()
    expect(page.get_by_role("heading", level=1, name=BREAD)).to_be_visible()

    def expect_whole(address, heading):
        expect(page).to_have_url(re.compile(address))
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        for part in (".masthead", "#stage", "#cart", ".colophon"):
            expect(page.locator(part)).to_have_count(1)

    page.go_back()
    expect_whole(r"/\?q=bread&topic=cooking$", "Find a course")
    expect(page.get_by_role("link", name="Leave out Cooking")).to_be_visible()
    page.go_back()
    expect_whole(r"/\?q=bread$", "Find a course")
    expect(page.get_by_role("link", name="Leave out Cooking")).to_have_count(0)
    expect(titles(page)).to_have_text([BREAD])
    page.go_forward()
    expect_whole(r"/\?q=bread&topic=cooking$", "Find a course")
    page.go_forward()
    expect_whole(r"/courses/bread-from-scratch/$", BREAD)
