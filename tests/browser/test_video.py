"""A lesson's video: watched in one browser, and gone on with in another."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import only_as_served
from tests.browser.shop import run_beside
from tests.browser.steps import sign_in_by_code

pytestmark = [pytest.mark.browser, only_as_served]
LESSON = "/library/sky-with-your-own-eyes/north-and-the-measuring-hand/"


SEAT = """
import django
django.setup()
from catalog.models import Course
from tests.checkout.guests import create_person
from tests.factories import enroll
sky = Course.objects.get(slug="sky-with-your-own-eyes")
enroll(create_person("watcher@example.com"), course=sky)
"""


def at(page):
    return page.evaluate("document.querySelector('video').currentTime")


def wait_until_past(page, seconds):
    for _ in range(150):
        if at(page) > seconds:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"The video stands at {at(page)}.")


def sign_in(page):
    page.goto(f"/accounts/login/?next={LESSON}")
    sign_in_by_code(page, "watcher@example.com")
    page.wait_for_url(f"**{LESSON}")


def test_video_goes_on_at_the_same_second_in_another_browser(open_browser, demo):
    run_beside(demo, "-c", SEAT)
    page = open_browser()
    sign_in(page)
    video = page.locator("video")
    expect(page.locator("track")).to_have_count(2)
    expect(page.get_by_label("Speed")).to_be_visible()
    video.evaluate("video => { video.muted = true }")

    page.get_by_text("Transcript: English").click()
    with page.expect_response("**/position/") as told:
        page.get_by_role("link", name="That is Polaris.").click()
    assert told.value.status == 204
    wait_until_past(page, 26)
    page.keyboard.press("k")
    expect(video).to_have_js_property("paused", True)
    page.keyboard.press("j")
    page.keyboard.press("l")
    page.keyboard.press("k")
    wait_until_past(page, 28)
    # The page is left while it plays, and tells where that was.
    with page.expect_response("**/position/"):
        page.evaluate("""() => {
            Object.defineProperty(document, "hidden", { value: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""")
    seconds = int(at(page))
    page.close()

    other = open_browser()
    sign_in(other)
    wait_until_past(other, 0)
    assert seconds - 1 <= at(other) <= seconds + 1
    assert other.evaluate("document.querySelector('video').textTracks.length") == 2

    other.get_by_text("My notes", exact=True).last.click()
    with other.expect_response("**/note/") as kept:
        other.get_by_role("button", name="Note the time of the video").click()
    assert kept.value.ok
    note = other.get_by_label("My notes on this lesson")
    expect(note).to_have_value(re.compile(r"^\[0:[23]\d\] $"))
    expect(note).to_be_focused()
