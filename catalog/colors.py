"""Colors for programs that know no ``oklch()``.

The numbers are those of Björn Ottosson's "A perceptual color space for image processing", and of
sRGB's own curve (IEC 61966-2-1).
"""

import math
import re

_OKLCH = re.compile(r"oklch\(([\d.]+) ([\d.]+) (\d+)\)")


def oklch_to_rgb(lightness: float, chroma: float, hue: float) -> tuple[int, int, int]:
    """Return the color in sRGB, 0 to 255. What lies beyond it is cut off at its edge."""
    a, b = (chroma * turn(math.radians(hue)) for turn in (math.cos, math.sin))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _curved(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short),
        _curved(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short),
        _curved(-0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short),
    )


def with_plain_colors(svg: str) -> str:
    """Return a drawing with each ``oklch(L C H)`` written as ``#rrggbb``."""

    def plain(found: re.Match[str]) -> str:
        red, green, blue = oklch_to_rgb(float(found[1]), float(found[2]), int(found[3]))
        return f"#{red:02x}{green:02x}{blue:02x}"

    return _OKLCH.sub(plain, svg)


def _curved(light: float) -> int:
    light = min(max(light, 0.0), 1.0)
    value = 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return round(value * 255)
