"""Line plots as inline SVG: clients along, a measure up, a line for each strategy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_WIDTH: Final = 460
_HEIGHT: Final = 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 20, 20, 40
_COLOURS: Final = ("#0b6e4f", "#1f5fbf", "#b3541e", "#555555", "#c2185b", "#7b5ea7")


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on an axis, in SVG units."""

    label: str
    at: float


@dataclass(frozen=True, slots=True)
class Line:
    """One strategy's line: dots, and where the line through them goes."""

    label: str
    colour: str
    points: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing for the template to write down."""

    title: str
    width: int
    height: int
    left: int
    right: int
    bottom: int
    along: tuple[Tick, ...]
    up: tuple[Tick, ...]
    lines: tuple[Line, ...]


def draw_lines(*, title: str, series: Mapping[str, Sequence[tuple[int, float]]]) -> Plot:
    """Lay out a plot. Numbers of clients stand at even distances, whatever they are."""
    clients = sorted({x for points in series.values() for x, _y in points})
    highest = max((y for points in series.values() for _x, y in points), default=0.0) or 1.0
    step = (_WIDTH - _LEFT - _RIGHT) / max(1, len(clients) - 1)

    def place_along(x: int) -> float:
        return round(_LEFT + clients.index(x) * step, 1)

    def place_up(y: float) -> float:
        return round(_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * y / highest, 1)

    return Plot(
        title=title,
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        right=_WIDTH - _RIGHT,
        bottom=_HEIGHT - _BOTTOM,
        along=tuple(Tick(str(x), place_along(x)) for x in clients),
        up=tuple(Tick(f"{highest * part / 4:.0f}", place_up(highest * part / 4)) for part in range(5)),
        lines=tuple(
            _join(label, _COLOURS[index % len(_COLOURS)], [(place_along(x), place_up(y)) for x, y in points])
            for index, (label, points) in enumerate(series.items())
        ),
    )


def _join(label: str, colour: str, dots: Sequence[tuple[float, float]]) -> Line:
    return Line(label, colour, " ".join(f"{x},{y}" for x, y in dots), tuple(dots))
