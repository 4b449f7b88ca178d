"""The words of lessons and of what is said in their videos, as PostgreSQL indexes them."""

from django.db import models
from django.db.models import BooleanField, Func, TextField, Value

MOST_CHARACTERS = 200_000  # of a text; a vector may have a megabyte

# What PostgreSQL's parser would take for a part of a host, a path, a number or an address, and keep
# together: "node.js" is to be found by "js". The apostrophe is written twice in SQL.
_SEPARATORS = "./\\-–—_@:+''’~&=?#"
_BLANKS = " " * (len(_SEPARATORS) - 1)


def plain_words(sql: str) -> str:
    """Return the SQL for the words of a text, which is SQL as well."""
    return f"to_tsvector('simple', translate({sql}, '{_SEPARATORS}', '{_BLANKS}'))"


class LessonWords(Func):
    """The words of a lesson's title and of its HTML. Part of an index: change it with that."""

    template = plain_words(
        f"left(regexp_replace(%(expressions)s, '<[^>]*>', ' ', 'g'), {MOST_CHARACTERS})"
    )
    arg_joiner = " || ' ' || "
    output_field: models.Field = TextField()  # type: ignore[type-arg]


class CueWords(Func):
    """The words of captions. Part of an index: change it with that."""

    template = plain_words(f"left(%(expressions)s::text, {MOST_CHARACTERS})")
    output_field: models.Field = TextField()  # type: ignore[type-arg]


class Holds(Func):
    """Whether words, as one of the above, hold what a question (``tsquery``) asks for."""

    template = "(%(expressions)s))"
    arg_joiner = " @@ to_tsquery('simple', "
    output_field = BooleanField()

    def __init__(self, words: Func, question: str) -> None:
        super().__init__(words, Value(question))
