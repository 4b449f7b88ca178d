"""The catalogs of translations: which texts there are, and their files. Needs no GNU gettext."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import templatize

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACES = ("project", "catalog", "library", "checkout", "templates")
# What stands in for Stripe, what only the demo shows, and what only its operator reads.
LEFT_OUT = (
    "project/demo/",
    "project/embedded_postgres/",
    "checkout/sandbox/",
    "checkout/proving/",
    "templates/demo/",
    "templates/sandbox/",
)
KINDS = {".py", ".html", ".txt", ".xml"}
WIDTH = 96


def languages() -> list[str]:
    """Return the languages that the texts are translated into: all but English."""
    return [code for code, _ in settings.LANGUAGES if code != "en"]


def file_of(language: str, kind: str = "po") -> Path:
    """Return where a language's catalog is: the source (``po``), or the compiled one (``mo``)."""
    folder = Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES"
    return folder / f"django.{kind}"


def texts() -> Catalog:
    """Return a catalog of all texts in code and templates, with nothing translated."""
    found = Catalog(project=settings.SHOP_NAME, charset="utf-8")
    for path in _sources():
        name = path.relative_to(settings.BASE_DIR).as_posix()
        for _, message, comments, context in extract(
            "python", BytesIO(_as_python(path).encode()), KEYWORDS, ["Translators:"]
        ):
            known = found.get(message, context)
            places = [place for place, _ in known.locations] if known else []
            new = [] if name in places else [(name, 1)]
            found.add(message, None, new, auto_comments=comments, context=context)
    return found


def read(language: str) -> Catalog:
    """Return a language's catalog, as its source file has it."""
    with file_of(language).open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def compiled(catalog: Catalog) -> bytes:
    """Return what the compiled file holds."""
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def renew(language: str) -> Catalog:
    """Write both files of a language anew: new texts are empty, and those not used are gone."""
    catalog, template = read(language), texts()
    template.creation_date = catalog.creation_date
    catalog.update(template, no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    with file_of(language).open("wb") as file:
        write_po(file, catalog, width=WIDTH, include_lineno=False, ignore_obsolete=True)
    file_of(language, "mo").write_bytes(compiled(catalog))
    return catalog


def missing(catalog: Catalog) -> list[str]:
    """Return the texts without a translation."""
    return [_first(message.id) for message in catalog if message.id and not is_complete(message)]


def is_complete(message: Message) -> bool:
    """Return whether a text has its translation, in all forms of a plural."""
    strings = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return all(strings)


def _first(text: Any) -> str:
    return text if isinstance(text, str) else text[0]


def _sources() -> Iterator[Path]:
    """Yield the files that may hold texts, in order."""
    for place in PLACES:
        for path in sorted((settings.BASE_DIR / place).rglob("*")):
            name = path.relative_to(settings.BASE_DIR).as_posix()
            is_left_out = name.startswith(LEFT_OUT) or "/management/" in name
            if path.suffix in KINDS and not is_left_out:
                yield path


def _as_python(path: Path) -> str:
    """Return a file as Python; of a template, its texts as calls, and the rest made unreadable."""
    text = path.read_text()
    if path.suffix == ".py":
        return text
    lines = templatize(text, origin=str(path)).splitlines()
    return "\n".join(line.strip() for line in lines)
