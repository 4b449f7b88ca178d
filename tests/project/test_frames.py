"""What of a page is kept for many, and what is made for each visit."""

import pytest
from django.template import Context, engines
from django.test import RequestFactory
from django.utils.safestring import mark_safe

from project import frames
from project.frames import Frame, render_framed
from tests.keeping import forget_what_is_kept

PAGE = """{% load kept %}
<h1>{{ title }}</h1>{{ count.frame }}
{% later %}<p>{{ name }}</p>{{ count.rest }}{% endlater %}
<footer>{{ SHOP_NAME }} {{ name }}</footer>
{% later %}{% if title %}<i>{{ title }}</i>{% endif %}{% endlater %}"""


class Counting:
    """Counts how often a template asks for each of its names."""

    def __init__(self):
        self.asked = []

    def __getitem__(self, name):
        self.asked.append(name)
        return ""


@pytest.fixture
def page(monkeypatch):
    """Return a function that renders the page for somebody, as htmx sees a whole one."""
    forget_what_is_kept()
    template = engines["django"].from_string(PAGE)
    monkeypatch.setattr(frames, "get_template", lambda name: template)

    def render(*, key="k", method="GET", **told):
        request = RequestFactory().generic(method, "/")
        request.htmx = False
        frame = Frame({name: told[name] for name in ("title", "count")}, key=key)
        response = render_framed(request, "page.html", "stage", told, frame=frame)
        return response.content.decode()

    return render


def test_frame_is_rendered_once_and_the_rest_each_time(page):
    count = Counting()
    ada, ben = [page(title="<Sky>", name=name, count=count) for name in ("Ada & Co", "Ben")]

    assert "<h1>&lt;Sky&gt;</h1>" in ada
    assert "<p>Ada &amp; Co</p>" in ada
    assert "<i>&lt;Sky&gt;</i>" in ada
    assert ada.replace("Ada &amp; Co", "Ben") == ben
    assert count.asked == ["frame", "rest", "rest"]


def test_frame_knows_only_what_it_is_told(page):
    shown = page(title="Sky", name="Ada", count=Counting())

    assert shown.count("Ada") == 1


def test_another_key_or_language_or_color_is_another_frame(page, settings):
    count = Counting()
    page(title="Sky", name="Ada", count=count)
    assert "<h1>Ink</h1>" in page(title="Ink", name="Ada", count=count, key="other")
    settings.SHOP_NAME = "Another shop"
    assert "Another shop" in page(title="Sky", name="Ada", count=count)

    assert count.asked.count("frame") == 3


def test_what_somebody_writes_is_no_gap(page):
    written = "gap-0-- {% later %}"
    shown = page(title=written, name="Ada", count=Counting())

    assert f"<h1>{written}</h1>" in shown
    assert shown.count("<p>") == 1


def test_a_frame_that_fails_leaves_nothing_behind(page):
    class Broken(Counting):
        def __getitem__(self, name):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        page(title="Sky", name="Ada", count=Broken())

    assert "<p>Ada</p>" in page(title="Sky", name="Ada", count=Counting())


def test_outside_of_frames_it_stands_as_it_is():
    template = engines["django"].from_string(PAGE).template
    shown = template.render(Context({"title": "Sky", "name": "Ada", "count": Counting()}))

    assert "<p>Ada</p>" in shown
    assert "<i>Sky</i>" in shown


def test_what_is_safe_is_not_what_is_to_be_escaped():
    template = engines["django"].from_string(
        '{% load kept %}{% kept "_toast.html" level="info" message=text %}'
    )
    shown = [
        template.render({"text": text}) for text in (mark_safe("<b>"), "<b>", mark_safe("<b>"))
    ]

    assert ["<p><b></p>" in text for text in shown] == [True, False, True]
    assert "<p>&lt;b&gt;</p>" in shown[1]
