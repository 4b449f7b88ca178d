"""From a seat that was given away to a finished lesson, and the office where it was given."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, only_as_served
from tests.browser.steps import BREAD, sign_in_by_code, take_the_second_step

pytestmark = [pytest.mark.browser, only_as_served]


@pytest.fixture(scope="module")
def staff_cookies(chromium, demo):
    """Sign in as staff, once: codes for one address are not sent without end."""
    context = chromium.new_context(base_url=demo)
    page = context.new_page()
    page.goto("/admin/")
    sign_in_by_code(page, "owner@example.com")
    take_the_second_step(page)
    page.wait_for_url("**/admin/")
    cookies = context.storage_state()
    context.close()
    return cookies


@pytest.fixture
def office(open_browser, staff_cookies):
    """Return a page of somebody who is signed in as staff."""
    return open_browser(storage_state=staff_cookies)


def give_a_seat_away(page):
    """Make a seat for whoever has the link; return the link."""
    page.goto("/admin/library/enrollment/add/")
    page.locator(".field-course .select2-selection").click()
    page.get_by_role("option", name=BREAD).click()
    page.get_by_label("Reason").fill("For a good friend of the shop")
    page.get_by_role("button", name="Save and continue editing").click()
    return page.get_by_text(re.compile("/claim/")).inner_text()


def test_a_seat_is_handed_out_taken_and_studied(open_browser, office):
    link = give_a_seat_away(office)
    page = open_browser()

    page.goto(link)
    page.get_by_role("link", name="Sign in to take it").click()
    sign_in_by_code(page, "gifted@example.com")
    page.wait_for_url("**/claim/**")
    page.get_by_role("button", name="Take this seat").click()

    page.wait_for_url("**/library/bread-from-scratch/")
    expect(page.locator("#toasts")).to_contain_text("is yours")
    page.get_by_role("link", name="Start: What flour does").click()
    page.wait_for_url("**/what-flour-does/")
    expect(page.locator("#cart")).to_be_hidden()
    expect(page.get_by_role("link", name=re.compile("Heat and steam"))).to_be_visible()

    page.get_by_role("button", name="Mark as done").dblclick()
    expect(page.get_by_text("1 of 11 lessons done").first).to_be_visible()
    onward = page.get_by_role("link", name=re.compile("^Next"))
    expect(onward).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/bakers-percentages/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Baker's percentages")

    page.go_back()
    page.get_by_role("button", name="Not done yet").click()
    expect(page.get_by_text("0 of 11 lessons done").first).to_be_visible()
    expect(page.get_by_role("button", name="Mark as done")).to_be_focused()

    page.set_viewport_size(NARROW)
    heat = page.get_by_role("link", name=re.compile("Heat and steam"))
    expect(heat).to_be_hidden()
    page.get_by_text("All lessons").click()
    heat.click()
    page.wait_for_url("**/heat-and-steam/")


def test_a_course_is_written_on_one_page(office):
    page = office
    page.goto("/admin/catalog/course/add/")
    page.get_by_label("Title").first.press_sequentially("Knots that hold")
    expect(page.get_by_label("Slug").first).to_have_value("knots-that-hold")
    page.get_by_label("Summary").first.fill("Tie twelve of them.")
    page.get_by_label("Price (").fill("19.50")
    page.locator(".field-instructor .select2-selection").click()
    page.get_by_role("option", name="Ingrid Pawlak").click()
    page.get_by_text("Add another Section").click()
    page.locator("#id_sections-0-title").fill("Loops")
    page.get_by_role("button", name="Save and continue editing").click()

    page.get_by_text("Add another Lesson").click()
    page.locator("#id_lessons-0-section").select_option("Loops")
    page.locator("#id_lessons-0-title").press_sequentially("Bowline")
    expect(page.locator("#id_lessons-0-slug")).to_have_value("bowline")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Body").fill("Up through the *hole*.")
    page.get_by_role("button", name="Save", exact=True).click()

    page.wait_for_url("**/admin/catalog/course/*/change/")
    page.get_by_label("Action").select_option("Publish: list it in the catalog")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("“Knots that hold” is now published.")).to_be_visible()
    page.goto("/library/knots-that-hold/bowline/")
    expect(page.locator(".prose em")).to_have_text("hole")
    page.goto("/courses/knots-that-hold/")
    expect(page.get_by_text("$19.50").first).to_be_visible()


@pytest.mark.parametrize(
    "path", ["catalog/course/", "catalog/lesson/", "catalog/topic/", "library/enrollment/"]
)
def test_office_pages_open_without_a_complaint(office, path):
    office.goto(f"/admin/{path}")

    expect(office.get_by_role("heading", level=1)).to_be_visible()
