"""The catalogs of translations: complete, compiled, and of nothing but what is there."""

import re

import pytest

from project import translations

LANGUAGES = translations.languages()
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture
def catalog(language):
    return translations.read(language)


def entries(catalog):
    return [message for message in catalog if message.id]


def keys(catalog):
    return {(message.context, message.id) for message in entries(catalog)}


def ids_of(message):
    return message.id if isinstance(message.id, tuple) else (message.id,)


def strings_of(message):
    return message.string if isinstance(message.string, (list, tuple)) else (message.string,)


def test_there_is_one_complete_second_language():
    assert LANGUAGES == ["id"]


def test_catalog_has_exactly_the_texts_that_there_are(catalog):
    """Otherwise: ``manage.py translations``."""
    found = keys(translations.texts())

    assert sorted(map(str, found - keys(catalog))) == []
    assert sorted(map(str, keys(catalog) - found)) == []


def test_nothing_is_missing_or_unsure(catalog):
    assert translations.missing(catalog) == []
    assert [message.id for message in entries(catalog) if message.fuzzy] == []


def test_placeholders_are_those_of_the_text(catalog):
    for message in entries(catalog):
        # English may leave a number out of its singular; the last form has them all.
        wanted = set(PLACEHOLDER.findall(ids_of(message)[-1]))
        for string in strings_of(message):
            assert set(PLACEHOLDER.findall(string)) == wanted, message.id
            assert string.count("%") == len(PLACEHOLDER.findall(string)), message.id


def test_markup_and_edges_are_those_of_the_text(catalog):
    for message in entries(catalog):
        text = ids_of(message)[-1]
        for string in strings_of(message):
            assert re.findall(r"</?\w+[^>]*>", string) == re.findall(r"</?\w+[^>]*>", text)
            assert string == string.strip(), message.id
            assert string[-1:] in ".:…" or text[-1:] not in ".:…", message.id


def test_compiled_catalog_is_what_the_source_says(language, catalog):
    """Otherwise: ``manage.py translations``. A fresh checkout cannot compile it."""
    assert translations.file_of(language, "mo").read_bytes() == translations.compiled(catalog)


def test_renewing_changes_nothing(language, tmp_path, settings):
    before = {kind: translations.file_of(language, kind).read_bytes() for kind in ("po", "mo")}
    settings.LOCALE_PATHS = [tmp_path]
    translations.file_of(language).parent.mkdir(parents=True)
    translations.file_of(language).write_bytes(before["po"])

    translations.renew(language)

    assert {kind: translations.file_of(language, kind).read_bytes() for kind in before} == before


def test_texts_are_found_in_code_and_templates():
    """A control: nothing missing would be easy with nothing found."""
    found = {message.id: message for message in entries(translations.texts())}

    assert "We are looking at it." in found  # gettext, in checkout/timeline.py
    assert "Beginner" in found  # gettext_lazy
    assert ("Your course opened.", "Your courses opened.") in found  # ngettext
    assert "Courses to keep." in found  # a tag of base.html
    assert "Order %(number)s" in found  # a block of a template
    assert ("%(counter)s seat", "%(counter)s seats") in found  # one with a plural
    assert "Paid. Thank you." in found  # _() in an argument of a tag
    assert "Your code for %(SHOP_NAME)s" in found  # a mail's subject
