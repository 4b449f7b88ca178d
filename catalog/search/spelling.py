"""What somebody may have meant who typed a word that no course has."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from rapidfuzz import process
from rapidfuzz.distance import OSA

from catalog.models import SearchWord

# A catalog of ten thousand courses has a few thousand words; the rarest of very many are left out.
MOST_WORDS = 50_000
# Shorter ones are all alike.
SHORTEST = 3


@dataclass(frozen=True)
class Vocabulary:
    """The words of the catalog in the order of the alphabet, and how many courses use each."""

    version: UUID
    courses: dict[str, int]

    @cached_property
    def words(self) -> list[str]:
        """All of them, sorted."""
        return sorted(self.courses)

    def knows(self, word: str) -> bool:
        """Return whether it is one of them, or the beginning of one."""
        at = bisect_left(self.words, word)
        return at < len(self.words) and self.words[at].startswith(word)

    def nearest(self, word: str) -> str | None:
        """Return the word that was most likely meant, if any is near.

        Of those with as few slips, one that starts alike is likelier, and then the commoner one.
        """
        most = _slips_allowed(word)
        near = process.extract(word, self.words, scorer=OSA.distance, score_cutoff=most, limit=None)
        likeliest = min(
            near,
            key=lambda hit: (hit[1], hit[0][0] != word[0], -self.courses[hit[0]], hit[0]),
            default=None,
        )
        return likeliest[0] if likeliest else None


_kept: Vocabulary | None = None


def corrected(words: Sequence[str], *, version: UUID) -> list[str] | None:
    """Return the words with those replaced that the catalog does not know; ``None`` if none was.

    ``version`` is the assortment's: while it stays, this process asks for the vocabulary once.
    """
    vocabulary = _vocabulary(version)
    guesses = [_guess(word, vocabulary) for word in words]
    return guesses if guesses != list(words) else None


def _guess(word: str, vocabulary: Vocabulary) -> str:
    if len(word) < SHORTEST or not word.isalpha() or vocabulary.knows(word):
        return word
    return vocabulary.nearest(word) or word


def _slips_allowed(word: str) -> int:
    return 1 if len(word) < 5 else 2 if len(word) < 9 else 3


def _vocabulary(version: UUID) -> Vocabulary:
    global _kept
    kept = _kept
    if kept is None or kept.version != version:
        commonest = SearchWord.objects.order_by("-courses", "word")[:MOST_WORDS]
        kept = _kept = Vocabulary(version, dict(commonest.values_list("word", "courses")))
    return kept
