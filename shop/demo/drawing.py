"""A small drawing board for the demo's product pictures: flat shapes, light from the left, soft shadows.

Coordinates run from 0 to 100 both ways, from the top left corner. A shape is a list of points.
"""

import io
import math
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

Point = tuple[float, float]
Shape = Sequence[Point]

SIZE: Final = 800
# Drawn at twice the size and reduced: that is what smooths the edges.
_SCALE: Final = 2
_UNIT: Final = SIZE * _SCALE / 100
_GROUND: Final = 70.0


def box(left: float, top: float, right: float, bottom: float, corner: float = 0) -> Shape:
    """Return a rectangle with round corners."""
    corner = min(corner, (right - left) / 2, (bottom - top) / 2)
    if corner <= 0:
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    centres = (
        *((right - corner, top + corner, -90), (right - corner, bottom - corner, 0)),
        *((left + corner, bottom - corner, 90), (left + corner, top + corner, 180)),
    )
    return [
        (x + corner * math.cos(math.radians(start + step)), y + corner * math.sin(math.radians(start + step)))
        for x, y, start in centres
        for step in range(0, 91, 10)
    ]


def oval(x: float, y: float, width: float, height: float | None = None) -> Shape:
    """Return an ellipse around a centre; a circle if it has no height."""
    height = width if height is None else height
    steps = [math.radians(angle) for angle in range(0, 360, 4)]
    return [(x + width / 2 * math.cos(a), y + height / 2 * math.sin(a)) for a in steps]


def smooth(*points: Point, closed: bool = True, steps: int = 14) -> Shape:
    """Return a curve through the points."""
    count = len(points)
    result: list[Point] = []
    for index in range(count if closed else count - 1):
        if closed:
            a, b, c, d = (points[(index + offset) % count] for offset in (-1, 0, 1, 2))
        else:
            b, c = points[index], points[index + 1]
            a, d = points[max(index - 1, 0)], points[min(index + 2, count - 1)]
        result += [_between(a, b, c, d, step / steps) for step in range(steps)]
    return result if closed else [*result, points[-1]]


def turn(shape: Shape, degrees: float, around: Point = (50, 50)) -> Shape:
    """Return the shape turned clockwise around a point."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    x0, y0 = around
    return [
        (x0 + (x - x0) * cosine - (y - y0) * sine, y0 + (x - x0) * sine + (y - y0) * cosine) for x, y in shape
    ]


def mix(first: str, second: str, share: float) -> str:
    """Return the first colour with a share of the second."""
    pairs = zip(ImageColor.getrgb(first)[:3], ImageColor.getrgb(second)[:3], strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


class Board:
    """A picture being drawn."""

    def __init__(self, wall: str, *, ground: float | None = _GROUND) -> None:
        """Start with a wall and, below `ground`, what things stand on; None for what hangs or lies flat."""
        self.wall = wall
        self._image = Image.new("RGB", (SIZE * _SCALE, SIZE * _SCALE), wall)
        self._draw = ImageDraw.Draw(self._image)
        if ground is not None:
            self.fill(box(0, ground, 100, 100), mix(wall, "#2b2118", 0.1))

    def fill(self, shape: Shape, colour: str) -> None:
        """Fill a shape."""
        self._draw.polygon(_scaled(shape), fill=colour)

    def tint(self, shape: Shape, colour: str, strength: float, *, within: Shape | None = None) -> None:
        """Lay a colour over a shape, or over what of it lies within another."""
        frame = _frame(shape, within or shape)
        if frame is None:
            return
        mask = _mask(shape, frame)
        if within is not None:
            mask = ImageChops.multiply(mask, _mask(within, frame))
        mask = mask.point([round(value * strength) for value in range(256)])
        self._image.paste(Image.new("RGB", mask.size, colour), frame[:2], mask)

    def solid(self, shape: Shape, colour: str, *, shade: float = 0.16) -> None:
        """Fill a shape as something round: light on its left, shade on its right."""
        xs, ys = [x for x, _y in shape], [y for _x, y in shape]
        left, width, top, bottom = min(xs), max(xs) - min(xs), min(ys), max(ys)
        self.fill(shape, colour)
        self.tint(box(left + width * 0.66, top, left + width, bottom), "#0b1020", shade, within=shape)
        self.tint(box(left + width * 0.86, top, left + width, bottom), "#0b1020", shade * 0.8, within=shape)
        self.tint(box(left + width * 0.1, top, left + width * 0.2, bottom), "#ffffff", 0.2, within=shape)

    def line(self, points: Shape, colour: str, width: float) -> None:
        """Draw a line with round ends."""
        scaled, radius = _scaled(points), width * _UNIT / 2
        self._draw.line(scaled, fill=colour, width=round(width * _UNIT), joint="curve")
        for x, y in (scaled[0], scaled[-1]):
            self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def shadow(self, x: float, y: float, width: float, height: float = 5, strength: float = 0.3) -> None:
        """Put the soft shadow of something that stands at (x, y)."""
        self.cast(oval(x + width * 0.05, y, width, height), blur=1.3, strength=strength)

    def cast(self, shape: Shape, *, blur: float = 1.6, strength: float = 0.28) -> None:
        """Put a soft shadow of this very shape, for things that hang or lie flat."""
        # A quarter of the size is plenty for something blurred, and only where it falls: much faster.
        radius = blur * _UNIT / 4
        points = [(x / 4, y / 4) for x, y in _scaled(shape)]
        margin = math.ceil(radius * 3)
        left, top = (math.floor(min(point[axis] for point in points)) - margin for axis in (0, 1))
        right, bottom = (math.ceil(max(point[axis] for point in points)) + margin for axis in (0, 1))
        mask = Image.new("L", (right - left, bottom - top), 0)
        outline = [(x - left, y - top) for x, y in points]
        ImageDraw.Draw(mask).polygon(outline, fill=round(255 * strength))
        mask = mask.filter(ImageFilter.GaussianBlur(radius)).resize((mask.width * 4, mask.height * 4))
        self._image.paste(mix(self.wall, "#0d1512", 0.85), (left * 4, top * 4), mask)

    def to_webp(self) -> bytes:
        """Return the finished picture."""
        buffer = io.BytesIO()
        self._image.reduce(_SCALE).save(buffer, "WEBP", quality=86, method=2)
        return buffer.getvalue()


def _frame(first: Shape, second: Shape) -> tuple[int, int, int, int] | None:
    """Return the pixels of the picture that both shapes can touch, or None if there are none."""
    outlines = [_scaled(first), _scaled(second)]
    left = max(0, *(int(min(x for x, _y in points)) for points in outlines))
    top = max(0, *(int(min(y for _x, y in points)) for points in outlines))
    right = min(SIZE * _SCALE, *(int(max(x for x, _y in points)) + 1 for points in outlines))
    bottom = min(SIZE * _SCALE, *(int(max(y for _x, y in points)) + 1 for points in outlines))
    return (left, top, right, bottom) if left < right and top < bottom else None


def _mask(shape: Shape, frame: tuple[int, int, int, int]) -> Image.Image:
    left, top, right, bottom = frame
    mask = Image.new("L", (right - left, bottom - top), 0)
    ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in _scaled(shape)], fill=255)
    return mask


def _scaled(shape: Shape) -> list[Point]:
    return [(x * _UNIT, y * _UNIT) for x, y in shape]


def _between(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    """Return a point of the Catmull-Rom curve from b to c."""

    def mixed(w: float, x: float, y: float, z: float) -> float:
        linear = (y - w) * t
        square = (2 * w - 5 * x + 4 * y - z) * t**2
        cube = (3 * x - w - 3 * y + z) * t**3
        return (2 * x + linear + square + cube) / 2

    return mixed(a[0], b[0], c[0], d[0]), mixed(a[1], b[1], c[1], d[1])
