"""Covers: small, harmless, one for each course and the same every time."""

import re
from xml.etree import ElementTree

import pytest
from django.test import Client

from catalog.covers import MOTIFS, Dice, Palette, draw_cover
from catalog.models import Course
from catalog.templatetags.covers import cover_url, hue_step

SLUGS = [f"course-{n}" for n in range(300)]


def test_cover_is_at_most_two_kilobytes():
    """Thousands of slugs, and among them every hue; past the cache, which holds fewer."""
    drawings = (draw_cover.__wrapped__(f"slug-{n}", n % 360).encode() for n in range(3600))

    assert max(map(len, drawings)) <= 2048


def test_cover_is_at_most_two_kilobytes_in_every_hue():
    """What a hue changes in a drawing is the length of its numbers, and no more."""
    longest = sorted(SLUGS, key=lambda slug: len(draw_cover(slug, 359)))[-5:]

    assert max(len(draw_cover(slug, hue)) for slug in longest for hue in range(360)) <= 2048


def test_cover_is_an_svg_of_shapes_and_attributes_alone():
    for hue, slug in enumerate(SLUGS):
        elements = list(ElementTree.fromstring(draw_cover(slug, hue)).iter())
        names = {element.tag.removeprefix("{http://www.w3.org/2000/svg}") for element in elements}
        assert names <= {"svg", "g", "rect", "circle", "ellipse", "path"}
        assert not any("style" in e.attrib or "class" in e.attrib or e.text for e in elements)


def test_cover_differs_from_course_to_course():
    assert len({draw_cover(slug, 40) for slug in SLUGS}) > len(SLUGS) * 0.95


def test_cover_takes_the_hue_of_its_course():
    one, other = draw_cover("bread", 40), draw_cover("bread", 200)

    assert one != other
    assert re.sub(r"oklch\([^)]*\)", "", one) == re.sub(r"oklch\([^)]*\)", "", other)


def test_cover_is_drawn_in_one_of_at_least_six_motifs():
    palette = Palette(ground="#000", light="#111", strong="#222", deep="#333", spark="#444")

    assert len({"".join(motif(Dice("x"), palette)) for motif in MOTIFS}) == len(MOTIFS) >= 6


def test_cover_url_is_kept_for_ever(client):
    response = client.get(cover_url(Course(slug="bread", hue=40)))

    assert response.status_code == 200
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.content.decode() == draw_cover("bread", 40)
    assert response.get("Vary", "Accept-Encoding") == "Accept-Encoding"
    assert dict(response.cookies) == {}


def test_cover_url_of_yesterday_leads_to_that_of_today(client):
    response = client.get("/covers/bread/40-00000000.svg")

    assert response.status_code == 302
    assert response["Location"] == cover_url(Course(slug="bread", hue=40))
    assert "Cache-Control" not in response


@pytest.mark.django_db
def test_cover_url_knows_no_hue_beyond_the_circle(client):
    assert client.get("/covers/bread/360-00000000.svg").status_code == 404


@pytest.mark.parametrize(
    ("hue", "step"), [(0, 0), (7, 0), (8, 1), (40, 3), (345, 23), (352, 23), (353, 0), (359, 0)]
)
def test_hue_step_is_the_nearest_of_the_circle(hue, step):
    assert hue_step(Course(hue=hue)) == step


def test_covers_ask_nothing_of_the_database():
    # Without the database mark, any query is an error.
    assert Client().get(cover_url(Course(slug="stars", hue=262))).status_code == 200
