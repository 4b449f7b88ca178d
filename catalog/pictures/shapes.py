"""The shapes that pictures have in the shop."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """A ratio, and the widths in pixels in which a picture of it is kept, ascending."""

    folder: str
    ratio: tuple[int, int]
    widths: tuple[int, ...]

    def height(self, width: int) -> int:
        """Return the height that belongs to a width."""
        across, down = self.ratio
        return round(width * down / across)

    def largest_within(self, width: int, height: int) -> tuple[int, int]:
        """Return the largest size of this ratio that can be cut out of ``width`` × ``height``."""
        across, down = self.ratio
        cut = min(width, height * across // down)
        return cut, min(height, self.height(cut))

    def widths_up_to(self, width: int) -> list[int]:
        """Return the widths of a picture that is ``width`` wide itself: it is never scaled up."""
        return [*(kept for kept in self.widths if kept < width), min(width, self.widths[-1])]


COVER = Shape(folder="covers", ratio=(16, 10), widths=(320, 640, 960, 1280))
PORTRAIT = Shape(folder="people", ratio=(1, 1), widths=(160, 320))
SHAPES = {shape.folder: shape for shape in (COVER, PORTRAIT)}
