"""Studying to the end by keyboard, and lessons that open on their day."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import only_as_served
from tests.browser.shop import run_beside
from tests.browser.steps import sign_in_by_code

pytestmark = [pytest.mark.browser, only_as_served]

PREPARE = """
import django
django.setup()
from library.models import Enrollment, EnrollmentSource
from project.accounts.models import User
from tests.factories import create_course, create_instructor, create_lesson
from tests.factories import create_question, create_section

learner = User.objects.get(email="keys@example.com")
ann = create_instructor(name="Ann Ashley")  # others make theirs by number
course = create_course(title="Two Knots", slug="two-knots", access_days=30, instructor=ann)
section = create_section(course=course, title="Loops")
create_lesson(section=section, title="Reef knot", slug="reef-knot")
bowline = create_lesson(section=section, title="Bowline", slug="bowline", opens_after_days=3)
create_question(bowline, text="What holds a knot?", answers="[ ] A wish\\n[x] Friction")
create_question(bowline, text="Its name?", kind="text", answers="bowline")
Enrollment.objects.grant(learner, course, source=EnrollmentSource.GIFT)
"""
THREE_DAYS_LATER = """
import django
django.setup()
from library.models import Enrollment
from tests.factories import let_time_pass

let_time_pass(Enrollment.objects.get(course__slug="two-knots"), days=3)
"""


def press_to(page, control, *, key="Enter"):
    """Go to a control by Tab alone, and press the key there."""
    for _ in range(80):
        if control.evaluate("element => element === document.activeElement"):
            return page.keyboard.press(key)
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {control}.")


def test_course_is_studied_from_start_to_certificate_by_keyboard(open_browser, demo):
    page = open_browser()
    page.goto("/accounts/login/?next=/library/")
    sign_in_by_code(page, "keys@example.com")
    page.wait_for_url("**/library/")
    run_beside(demo, "-c", PREPARE)

    page.goto("/library/two-knots/")
    expect(page.get_by_text("Yours until")).to_be_visible()
    press_to(page, page.get_by_role("link", name="Start: Reef knot"))
    page.wait_for_url("**/reef-knot/")
    press_to(page, page.get_by_text("My notes", exact=True).locator("xpath=ancestor::summary"))
    note = page.get_by_label("My notes on this lesson")
    press_to(page, note, key="L")
    page.keyboard.type("eft over right.")
    expect(page.locator("#note-outcome")).to_contain_text("Saved.")
    done = page.get_by_role("button", name="Mark as done")
    done.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The next lesson opens on").first).to_be_visible()

    page.goto("/library/two-knots/bowline/")
    expect(page.locator(".lesson-ahead")).to_contain_text("Opens on")
    expect(page.locator(".lesson-ahead ~ .prose")).to_have_count(0)
    run_beside(demo, "-c", THREE_DAYS_LATER)
    page.reload()

    press_to(page, page.get_by_label("A wish"), key="Space")
    press_to(page, page.get_by_role("textbox", name="Its name?"), key="b")
    page.keyboard.type("owline")
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", name="Questions: not passed yet")
    expect(heading).to_be_focused()
    expect(page.get_by_text("1 of 2 answers are right.")).to_be_visible()
    press_to(page, page.get_by_label("A wish"), key="ArrowDown")
    press_to(page, page.get_by_role("button", name="Try again"))
    expect(page.get_by_role("heading", name="Questions: passed")).to_be_focused()
    expect(page.get_by_text("All 2 lessons done").first).to_be_visible()

    press_to(page, page.get_by_label("Your name"), key="A")
    page.keyboard.type("da Lovelace")
    page.keyboard.press("Enter")
    page.wait_for_url("**/certificates/*/")
    expect(page.get_by_role("heading", name="Ada Lovelace")).to_be_visible()

    stranger = open_browser(java_script_enabled=False)
    stranger.goto(page.url)
    expect(stranger.get_by_text(re.compile("it is valid"))).to_be_visible()
    expect(stranger.get_by_text("Two Knots")).to_be_visible()
    page.goto("/library/two-knots/notes/")
    expect(page.get_by_text("Left over right.")).to_be_visible()
