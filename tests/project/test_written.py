"""Dates, lengths of time and numbers, as people write them in each language."""

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from project import written

WHEN = datetime(2026, 5, 7, 19, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [
        ("en", "May 7, 2026", "May 7, 2026, 19:03"),
        ("id", "7 Mei 2026", "7 Mei 2026, 19.03"),
    ],
)
def test_dates(language, day, moment):
    with translation.override(language):
        assert written.day(WHEN) == day
        assert written.day_and_time(WHEN) == moment


def test_dates_are_those_of_the_place():
    with timezone.override("Asia/Jakarta"):
        assert written.day_and_time(WHEN) == "May 8, 2026, 02:03"


@pytest.mark.parametrize(
    ("minutes", "english", "indonesian"),
    [
        (0, "", ""),
        (45, "45 min", "45 menit"),
        (60, "1 h", "1 jam"),
        (125, "2 h 5 min", "2 jam 5 menit"),
        (60_000, "1,000 h", "1.000 jam"),
    ],
)
def test_lengths_of_time(minutes, english, indonesian):
    assert written.duration(minutes) == english
    with translation.override("id"):
        assert written.duration(minutes) == indonesian


@pytest.mark.parametrize(
    ("number", "english", "indonesian"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (1234, "1,234", "1.234"),
        (10**6, "1,000,000", "1.000.000"),
    ],
)
def test_numbers(number, english, indonesian):
    assert written.number(number) == english
    with translation.override("id"):
        assert written.number(number) == indonesian


@pytest.mark.parametrize(
    ("things", "english", "indonesian"),
    [
        ([], "", ""),
        (["a"], "a", "a"),
        (["a", "b"], "a and b", "a dan b"),
        (["a", "b", "c"], "a, b and c", "a, b dan c"),
    ],
)
def test_lists(things, english, indonesian):
    assert written.listed(things) == english
    with translation.override("id"):
        assert written.listed(things) == indonesian


@pytest.mark.parametrize(
    ("code", "attributes"),
    [
        ("en", ""),
        ("en-gb", ""),
        ("", ""),
        ("id", ' lang="id" dir="ltr"'),
        ("ar", ' lang="ar" dir="rtl"'),
        ("tlh", ' lang="tlh" dir="ltr"'),
        ('"><b>', ' lang="&quot;&gt;&lt;b&gt;" dir="ltr"'),
    ],
)
def test_words_of_another_language_are_marked(code, attributes):
    template = Template("{% load written %}<p{% lang code %}>")

    assert template.render(Context({"code": code})) == f"<p{attributes}>"


def test_filters_write_nothing_of_nothing():
    template = Template("{% load written %}{{ none|day }}{{ none|day_and_time }}")

    assert template.render(Context({"none": None})) == ""
