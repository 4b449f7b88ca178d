"""How the seats of an order stand, and why some of them are shut, in words for the customer."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from checkout.models import Dispute, LineAccess, LineOutcome, OrderLine
from checkout.timeline import quoted

# What is said of seats that are shut, by their access, and whether it is the bank's doing.
KEPT = _("What was done there is kept.")
BY_BANK, BY_REFUND = True, False
SHUT = {
    (LineAccess.PAUSED, BY_BANK): _(
        "%(courses)s: paused. Your bank has asked for the money back, and has yet to decide."
    ),
    (LineAccess.PAUSED, BY_REFUND): _(
        "%(courses)s: paused while the money is on its way back to you."
    ),
    (LineAccess.ENDED, BY_BANK): _("%(courses)s: closed. Your bank gave the money back to you."),
    (LineAccess.ENDED, BY_REFUND): _(
        "%(courses)s: closed, because the money has gone back to you."
    ),
}


def access_to(lines: Sequence[OrderLine]) -> str:
    """Return what there is of what was paid for: open, paused, ended, or a part of it.

    What is for others counts as well: a link that is closed is not open for good.
    """
    granted = [line for line in lines if line.outcome == LineOutcome.GRANTED]
    known = {line.access for line in granted} or {LineAccess.OPEN}
    if known == {LineAccess.OPEN} and not any(_is_shut(line) for line in granted):
        return "open"
    return str(known.pop()) if len(known) == 1 and LineAccess.OPEN not in known else "part"


def notices(lines: Sequence[OrderLine], disputes: Sequence[Dispute]) -> list[str]:
    """Say what is paused or closed, and why: a sentence for each kind of it."""
    is_disputed = any(dispute.is_open or dispute.is_lost for dispute in disputes)
    kinds: dict[tuple[LineAccess, bool], list[OrderLine]] = {}
    for line in lines:
        if line.access != LineAccess.OPEN:
            kinds.setdefault(_why(line, is_disputed=is_disputed), []).append(line)
    return [_sentence(why, shut) for why, shut in kinds.items()]


def _sentence(why: tuple[LineAccess, bool], shut: list[OrderLine]) -> str:
    sentence = str(SHUT[why]) % {"courses": quoted(shut)}
    return sentence if why == (LineAccess.PAUSED, BY_REFUND) else f"{sentence} {KEPT}"


def _why(line: OrderLine, *, is_disputed: bool) -> tuple[LineAccess, bool]:
    """Return what is said of the seat. A dispute outweighs a refund."""
    is_refunded = bool(line.refund and line.refund.ends_access)
    by_bank = is_disputed and not (is_refunded and line.access == LineAccess.ENDED)
    return LineAccess(line.access), by_bank


def _is_shut(line: OrderLine) -> bool:
    """Whether the seat itself is shut, be it by staff."""
    seat = line.enrollment
    return seat is not None and (seat.is_suspended or seat.is_revoked)
