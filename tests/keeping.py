"""What the process keeps of pages, for tests that look at one as if it were the first."""

from checkout.templatetags import cards
from project import frames, kept


def forget_what_is_kept():
    """Have each part of a page made anew."""
    for memory in (kept._pieces, kept._forms, frames._frames, cards._shelves):
        memory.clear()


def lines_of(page):
    """Return what stands on a page's lines, however far they are indented."""
    return [line.strip() for line in page.splitlines() if line.strip()]
