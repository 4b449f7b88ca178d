"""Covers: every course has one from its first day, drawn from its slug and its hue.

Flat shapes in the course's own colors with ink lines, as printers used to make them. A cover holds
no text and no styles (presentation attributes only, so that it may also be inlined under the
page's Content-Security-Policy) and has at most 2 kB.
"""

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle, pairwise
from pathlib import Path
from random import Random

WIDTH, HEIGHT = 640, 400
INK = "#1b1712"


@dataclass(frozen=True)
class Palette:
    """What a cover is printed with: four tones of a hue, and one far from it."""

    ground: str
    light: str
    strong: str
    deep: str
    spark: str

    @property
    def tones(self) -> tuple[str, ...]:
        """All but the ground."""
        return (self.light, self.strong, self.spark, self.deep)


class Dice:
    """Choices that a slug decides, the same in every process and on every version of Python."""

    def __init__(self, seed: str) -> None:
        # Of all methods of Random, only random() is promised to give the same forever.
        self._random = Random(seed).random  # noqa: S311  a drawing is no secret

    def between(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both included."""
        return low + int(self._random() * (high - low + 1))

    def one_of[T](self, things: tuple[T, ...]) -> T:
        """Return one of ``things``."""
        return things[self.between(0, len(things) - 1)]


@lru_cache(maxsize=2048)
def draw_cover(slug: str, hue: int) -> str:
    """Return the cover of the course as an SVG document of 640 × 400."""
    dice = Dice(f"block:{slug}")
    palette = _mix(hue, dice)
    motif = dice.one_of(MOTIFS)
    shapes = "".join(motif(dice, palette))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{palette.ground}"/>'
        f'<g stroke="{INK}" stroke-width="3" stroke-linejoin="round">{shapes}</g></svg>'
    )


def cover_digest(slug: str, hue: int) -> str:
    """Return what changes when the drawing does, for its address. Nothing is drawn for that."""
    return hashlib.sha256(f"{_EDITION} {slug} {hue}".encode()).hexdigest()[:8]


# How covers are drawn: another edition of this file may draw another one.
_EDITION = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _mix(hue: int, dice: Dice) -> Palette:
    other = (hue + dice.one_of((60, 150, 180, 210, 300))) % 360
    return Palette(
        ground=f"oklch(.87 .06 {hue})",
        light=f"oklch(.96 .02 {hue})",
        strong=f"oklch(.66 .13 {hue})",
        deep=f"oklch(.39 .09 {hue})",
        spark=f"oklch(.78 .13 {other})",
    )


def _shelf(dice: Dice, palette: Palette) -> Iterator[str]:
    x, floor = 44, 324
    while x < 520:
        width, height = dice.between(28, 64), dice.between(160, 256)
        yield _rect(x, floor - height, width, height, dice.one_of(palette.tones))
        yield f'<path d="M{x} {floor - height + 32}h{width}"/>'
        x += width
    yield (
        f'<path fill="{palette.spark}" d="M{x + 10} {floor}l50-186 42 11-50 175z"/>'
        f'<path d="M0 {floor}h{WIDTH}" stroke-width="6"/>'
    )


def _rings(dice: Dice, palette: Palette) -> Iterator[str]:
    x, y = dice.one_of((128, 320, 512)), dice.one_of((0, 200, 400))
    step = dice.between(40, 52)
    for radius, tone in zip(range(9 * step, 0, -step), cycle(palette.tones), strict=False):
        yield _circle(x, y, radius, tone)


def _waves(dice: Dice, palette: Palette) -> Iterator[str]:
    step, swell = dice.between(44, 60), dice.between(36, 64)
    yield _circle(dice.between(140, 500), dice.between(112, 130), 64, palette.spark)
    tones = cycle((palette.light, palette.strong, palette.deep))
    for row, y in enumerate(range(130, HEIGHT, step)):
        crests = "t80 0" * 9
        start = -80 * (row % 2) - dice.between(0, 60)
        yield f'<path fill="{next(tones)}" d="M{start} {y}q40-{swell} 80 0{crests}v400h-800z"/>'


def _orbits(dice: Dice, palette: Palette) -> Iterator[str]:
    turn = dice.between(0, 179)
    yield f'<g fill="none" transform="rotate({turn} 320 200)">'
    for radius in range(90, 400, 54):
        yield f'<ellipse cx="320" cy="200" rx="{radius}" ry="{radius * 3 // 5}"/>'
        angle = math.radians(dice.between(0, 359))
        x, y = 320 + radius * math.cos(angle), 200 + radius * 0.6 * math.sin(angle)
        yield _circle(round(x), round(y), dice.between(10, 26), dice.one_of(palette.tones))
    yield f"</g>{_circle(320, 200, 46, palette.spark)}"


def _stairs(dice: Dice, palette: Palette) -> Iterator[str]:
    yield _circle(dice.one_of((120, 200)), dice.between(112, 140), 62, palette.spark)
    tones = cycle((palette.light, palette.strong, palette.deep, palette.strong))
    rise = dice.between(30, 40)
    for step in range(8):
        height = 60 + rise * step
        yield _rect(step * 80, HEIGHT - height, 80, height + 9, next(tones))


def _weave(dice: Dice, palette: Palette) -> Iterator[str]:
    warp, weft = dice.one_of(((palette.strong, palette.light), (palette.deep, palette.spark)))
    step, width = 80, dice.between(44, 58)
    columns = "".join(f"M{x} -9h{width}v418h-{width}z" for x in range(14, WIDTH, step))
    bands = "".join(
        f"M{x} {y}h{step + 24}v{width}h-{step + 24}z"
        for row, y in enumerate(range(14, HEIGHT, step))
        for x in range(width // 2 - 38 - step * (row % 2), WIDTH, 2 * step)
    )
    yield f'<path fill="{warp}" d="{columns}"/><path fill="{weft}" d="{bands}"/>'


def _tiles(dice: Dice, palette: Palette) -> Iterator[str]:
    quarters = (
        "m0 0h100a100 100 0 0 1-100 100z",
        "m100 0v100a100 100 0 0 1-100-100z",
        "m100 100h-100a100 100 0 0 1 100-100z",
        "m0 100v-100a100 100 0 0 1 100 100z",
    )
    paths = dict.fromkeys((palette.light, palette.strong, palette.deep, palette.spark), "")
    for y in range(0, HEIGHT, 100):
        for x in range(-30, WIDTH, 100):
            paths[dice.one_of(tuple(paths))] += f"M{x} {y}{dice.one_of(quarters)}"
    for tone, path in paths.items():
        yield f'<path fill="{tone}" d="{path}"/>'


def _dots(dice: Dice, palette: Palette) -> Iterator[str]:
    # A dash of no length with a round cap is a dot, so that one line is a whole row of them.
    tone, growth = dice.one_of((palette.deep, palette.strong)), dice.one_of((7, 8, 9))
    yield _circle(dice.between(180, 460), dice.between(130, 230), 120, palette.spark)
    yield f'<g stroke="{tone}" stroke-linecap="round">'
    for row in range(8):
        x, y, width = 32 * (row % 2), 30 + row * 50, 4 + growth * (row + 1) * 3 // 4
        yield f'<path d="M{x} {y}H{WIDTH}" stroke-width="{width}" stroke-dasharray="0 64"/>'
    yield "</g>"


def _contours(dice: Dice, palette: Palette) -> Iterator[str]:
    x, y = dice.between(220, 420), dice.between(150, 250)
    bulges = [dice.between(70, 130) for _ in range(9)]
    tones = cycle((palette.light, palette.strong, palette.light, palette.spark, palette.deep))
    for size in range(360, 20, -52):
        corners = [
            (
                x + size * bulge / 100 * math.cos(math.tau * turn / 9),
                y + size * bulge / 140 * math.sin(math.tau * turn / 9),
            )
            for turn, bulge in enumerate(bulges)
        ]
        yield f'<path fill="{next(tones)}" d="{_smooth(corners)}"/>'


MOTIFS: tuple[Callable[[Dice, Palette], Iterator[str]], ...] = (
    _shelf,
    _rings,
    _waves,
    _orbits,
    _stairs,
    _weave,
    _tiles,
    _dots,
    _contours,
)


def _rect(x: int, y: int, width: int, height: int, tone: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{tone}"/>'


def _circle(x: int, y: int, radius: int, tone: str) -> str:
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{tone}"/>'


def _smooth(corners: list[tuple[float, float]]) -> str:
    """Return a closed line through the middles between corners, bent by the corners."""
    ring = [*corners, *corners[:2]]
    middles = [((a + c) / 2, (b + d) / 2) for (a, b), (c, d) in pairwise(ring)]
    curves = "".join(
        f"Q{a:.0f} {b:.0f} {c:.0f} {d:.0f}"
        for (a, b), (c, d) in zip(ring[1:-1], middles[1:], strict=True)
    )
    return f"M{middles[0][0]:.0f} {middles[0][1]:.0f}{curves}z"
