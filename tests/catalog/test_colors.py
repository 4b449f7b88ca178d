"""The shop's colors: readable by everybody, in both modes."""

import math
import re
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.BASE_DIR) / "static" / "css"
LIGHT, DARK = 0, 1


def tokens(mode):
    """Return the color tokens of a mode, as hexadecimal."""
    text = (CSS / "base.css").read_text()
    pairs = re.findall(r"--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\);", text)
    plain = re.findall(r"--([a-z-]+): (#\w{6});", text)
    return {name: colors[mode] for name, *colors in pairs} | dict(plain)


def luminance(hexadecimal):
    channels = (int(hexadecimal[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return mix(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)


def mix(linear):
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def luminance_of_oklch(lightness, chroma, hue):
    """Source: Björn Ottosson, "A perceptual color space for image processing"."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long, medium, short = (
        (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3,
    )
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return mix(min(1, max(0, channel)) for channel in linear)


def contrast(one, other):
    low, high = sorted((one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", [LIGHT, DARK])
@pytest.mark.parametrize(
    ("front", "back"),
    [
        *product(("ink", "soft", "good", "bad", "warn"), ("paper", "sheet")),
        ("ink", "shade"),
        ("paper", "ink"),
        ("on-accent", "accent"),
    ],
)
def test_text_has_a_contrast_of_at_least_four_and_a_half(mode, front, back):
    color = tokens(mode)

    assert contrast(luminance(color[front]), luminance(color[back])) >= 4.5


@pytest.mark.parametrize("mode", [LIGHT, DARK])
@pytest.mark.parametrize("back", ["paper", "sheet"])
def test_borders_of_controls_have_a_contrast_of_at_least_three(mode, back):
    color = tokens(mode)

    assert contrast(luminance(color["line"]), luminance(color[back])) >= 3


@pytest.mark.parametrize("mode", [LIGHT, DARK])
@pytest.mark.parametrize("back", ["paper", "sheet"])
def test_every_hue_of_a_course_has_a_contrast_of_at_least_three(mode, back):
    text = (CSS / "hues.css").read_text()
    rule = re.search(r"--course: light-dark\((.*?)\);\n", text).group(1)
    values = re.findall(r"oklch\(([\d.]+) ([\d.]+) var\(--hue\)\)", rule)[mode]
    hues = [int(hue) for hue in re.findall(r"--hue: (\d+);", text)]
    ground = luminance(tokens(mode)[back])

    assert hues == list(range(0, 360, 15))
    for hue in hues:
        color = luminance_of_oklch(float(values[0]), float(values[1]), hue)
        assert contrast(color, ground) >= 3, hue
