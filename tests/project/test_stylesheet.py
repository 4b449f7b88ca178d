"""The stylesheet: every component is in it, and browsers keep it until it changes."""

import gzip
import re

import pytest

from project import stylesheet

# Linked by pages that are not the shop's own: the office and the stand-in for Stripe.
ELSEWHERE = {"office", "sandbox"}

pytestmark = pytest.mark.django_db


def link_of(client):
    page = client.get("/").content.decode()
    [link] = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page)
    return link


def test_stylesheet_holds_every_component():
    files = {path.stem for path in stylesheet.FOLDER.glob("*.css")}

    assert {*stylesheet.PARTS, "demo"} == files - ELSEWHERE


def test_stylesheet_is_one_file_that_browsers_keep(client):
    answer = client.get(link_of(client))
    css = answer.content.decode()

    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["Cache-Control"]
    assert css.startswith("/* The ground of every page")
    assert css.count("{") == css.count("}")
    assert css.index("@layer reset") < css.index(".masthead") < css.index("@media print {\n")


def test_stylesheet_has_another_address_once_it_is_edited(client, tmp_path, monkeypatch):
    before = link_of(client)
    for part in stylesheet.PARTS:
        (tmp_path / f"{part}.css").write_text(f".{part} {{}}\n")
    monkeypatch.setattr(stylesheet, "FOLDER", tmp_path)

    after = link_of(client)

    assert after != before
    assert client.get(before).headers["Location"] == after
    assert client.get(after).content.decode().startswith(".base {}")


def test_text_is_compressed_for_whoever_can_read_it(client):
    page = client.get("/", headers={"Accept-Encoding": "gzip"})

    assert page.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page.headers["Vary"]
    assert b"</html>" in gzip.decompress(page.content)
    assert "Content-Encoding" not in client.get("/").headers


def test_scripts_are_compressed_before_they_were_collected(client):
    script = client.get("/static/js/app.js", headers={"Accept-Encoding": "gzip"})

    assert script.headers["Content-Encoding"] == "gzip"
    assert b"htmx" in gzip.decompress(b"".join(script.streaming_content))


def test_a_part_of_a_file_is_sent_as_it_is(client):
    headers = {"Accept-Encoding": "gzip", "Range": "bytes=0-9"}
    part = client.get("/static/js/app.js", headers=headers)

    assert part.status_code == 206
    assert "Content-Encoding" not in part.headers
    assert len(b"".join(part.streaming_content)) == 10
