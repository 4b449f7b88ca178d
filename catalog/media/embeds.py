"""Videos that lie with YouTube or Vimeo: their addresses, and how these are played in a page.

Nothing is loaded from either before somebody asks for it, and then from the address that they have
for people who do not want to be followed.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

YOUTUBE_HOSTS = {"youtube.com", "www.youtube.com", "m.youtube.com", "www.youtube-nocookie.com"}
VIMEO_HOSTS = {"vimeo.com", "www.vimeo.com", "player.vimeo.com"}
PLAYERS = ("https://www.youtube-nocookie.com", "https://player.vimeo.com")

_YOUTUBE_ID = re.compile(r"[\w-]{11}", re.ASCII)
_VIMEO_ID = re.compile(r"(?:/video)?/(\d{1,15})(?:/([0-9a-f]{6,20}))?/?", re.ASCII)


@dataclass(frozen=True)
class Embed:
    """A video that lies elsewhere."""

    host: str
    page: str
    player: str
    start: str

    def player_from(self, seconds: int) -> str:
        """Return the player's address, which begins at once, ``seconds`` into the video."""
        return f"{self.player}{self.start.format(seconds)}" if seconds else self.player


def read_embed(address: str) -> Embed | None:
    """Return the video at an address of YouTube's or Vimeo's; ``None`` if there is none."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    if parts.scheme != "https":
        return None
    if parts.hostname in YOUTUBE_HOSTS or parts.hostname == "youtu.be":
        return _youtube(parts.hostname, parts.path, parts.query)
    if parts.hostname in VIMEO_HOSTS:
        return _vimeo(parts.path, parts.query)
    return None


def _youtube(host: str, path: str, query: str) -> Embed | None:
    kind, _, rest = path.strip("/").partition("/")
    if host == "youtu.be":
        video = kind
    elif kind in ("embed", "shorts", "live"):
        video = rest
    else:
        video = parse_qs(query).get("v", [""])[0] if kind == "watch" else ""
    if not _YOUTUBE_ID.fullmatch(video):
        return None
    return Embed(
        host="YouTube",
        page=f"https://www.youtube.com/watch?v={video}",
        player=f"https://www.youtube-nocookie.com/embed/{video}?autoplay=1&rel=0",
        start="&start={}",
    )


def _vimeo(path: str, query: str) -> Embed | None:
    found = _VIMEO_ID.fullmatch(path)
    if found is None:
        return None
    # An unlisted video is found only with the second part of its address.
    video, secret = found[1], found[2] or parse_qs(query).get("h", [""])[0]
    if secret and not re.fullmatch("[0-9a-f]{6,20}", secret):
        return None
    return Embed(
        host="Vimeo",
        page=f"https://vimeo.com/{video}" + (f"/{secret}" if secret else ""),
        player=f"https://player.vimeo.com/video/{video}?autoplay=1&dnt=1"
        + (f"&h={secret}" if secret else ""),
        start="#t={}s",
    )
