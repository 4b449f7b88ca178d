"""The link by which a seat is taken: signed, and of a version, so that it can be made to die."""

from django.core.signing import BadSignature, Signer

_signer = Signer(salt="library.claim")


def sign(seat_id: int, *, version: int) -> str:
    """Return the token of a seat's link.

    The first version is not written out: links that lie about in old mails are just so.
    """
    return _signer.sign(f"{seat_id}.{version}" if version else str(seat_id))


def read(token: str) -> tuple[int, int] | None:
    """Return which seat a token is for, and its version; ``None`` for one that we did not sign."""
    try:
        seat_id, _, version = _signer.unsign(token).partition(".")
    except BadSignature:
        return None
    return int(seat_id), int(version or 0)
