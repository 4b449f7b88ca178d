"""A lesson's video and files, which the shop allows and Caddy sends."""

import pytest

from tests.deploy.signing_in import sign_in
from tests.media import webm

LEARNER = "linus@example.com"
COURSE = """+++
id = "1d0f6d66-0f5c-4f4e-9d3c-0c4a3a5b7e01"
slug = "knots"
title = "Knots"
summary = "Three that hold."
level = "beginner"
language = "en"
instructor = "Ada"
price = "9.00"
status = "published"
+++
Rope, and patience.
"""
SECTION = """+++
id = "1d0f6d66-0f5c-4f4e-9d3c-0c4a3a5b7e02"
title = "One"
+++
"""
LESSON = """+++
id = "1d0f6d66-0f5c-4f4e-9d3c-0c4a3a5b7e03"
slug = "bowline"
title = "The bowline"
minutes = 2
video = "talk.webm"
files = ["list.csv"]
+++
Around the tree.
"""
VIDEO = "/library/knots/bowline/media/video/"


@pytest.fixture(scope="module")
def course(deployment, tmp_path_factory):
    """A course with a video and a file, imported as its owner would do it."""
    folder = tmp_path_factory.mktemp("knots")
    (folder / "01-one").mkdir()
    (folder / "course.md").write_text(COURSE)
    (folder / "01-one/section.md").write_text(SECTION)
    (folder / "01-one/01-bowline.md").write_text(LESSON)
    (folder / "01-one/talk.webm").write_bytes(webm())
    (folder / "01-one/list.csv").write_text("a,b\n1,2\n")
    deployment.run("web", "python", "manage.py", "import_course", str(folder))


@pytest.fixture(scope="module")
def learner(deployment, course, tmp_path_factory):
    """Somebody with an account, whom the owner has enrolled with a list."""
    roster = tmp_path_factory.mktemp("list") / "roster.csv"
    roster.write_text(f"email,course,reason\n{LEARNER},knots,A scholarship\n")
    with deployment.visitor() as browser:
        sign_in(deployment, browser, browser.open("/accounts/login/"), email=LEARNER)
        deployment.run("web", "python", "manage.py", "enroll", str(roster), "--commit")
        yield browser


def ask(browser, address, **headers):
    """Return what the address itself answers, wherever it might send a browser on."""
    url = f"{browser.site}{address}"
    return browser.http.get(url, headers=headers, allow_redirects=False, timeout=10)


def kept(deployment, name):
    """Return the one file that the shop keeps and Caddy sends, as it lies there."""
    folder = deployment.image.root / "opt/media/protected"
    [path] = folder.rglob(name)
    return path.relative_to(folder)


def test_video_comes_from_caddy_in_the_part_that_a_player_asks_for(learner):
    """The shop itself says nothing of ranges then: whatever has one was sent by Caddy."""
    whole = webm()

    part = ask(learner, VIDEO, Range="bytes=100-199")
    all_of_it = ask(learner, VIDEO)

    assert (part.status_code, part.content) == (206, whole[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    assert (all_of_it.status_code, all_of_it.content) == (200, whole)
    for answer in part, all_of_it:
        assert answer.headers["Content-Type"] == "video/webm"
        assert answer.headers["Content-Disposition"] == "inline"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "X-Accel-Redirect" not in answer.headers
        assert len(answer.raw.headers.getlist("Content-Length")) == 1
    assert ask(learner, VIDEO, Range="bytes=999999-").status_code == 416


def test_file_is_downloaded_by_its_name(learner):
    page = learner.open("/library/knots/bowline/")
    [address] = {link for link in page.links if "/media/files/" in link and link[-2].isdigit()}

    answer = ask(learner, address)

    assert (answer.status_code, answer.text) == (200, "a,b\n1,2\n")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="list.csv"'


def test_stranger_gets_none_of_it(deployment, course):
    with deployment.visitor() as stranger:
        answer = ask(stranger, VIDEO, Range="bytes=0-99")

    assert (answer.status_code, answer.content) == (303, b"")
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_place_where_it_lies_has_no_address(deployment, learner):
    """Not even for who may see it, and not if a request claims to be the shop's answer."""
    name = kept(deployment, "*.webm")
    addresses = [f"/{name}", f"/protected/{name}", f"/media/protected/{name}", f"/media/{name}"]

    answers = [
        ask(learner, address, **headers)
        for address in addresses
        for headers in ({}, {"X-Accel-Redirect": f"/{name}"})
    ]

    assert {answer.status_code for answer in answers} == {404}
