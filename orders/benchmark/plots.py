"""Plots as inline SVG: lines (a number along, a measure up, a line for each strategy) and stacked bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_WIDTH: Final = 460
_HEIGHT: Final = 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 20, 20, 40
_BAR_SHARE: Final = 0.6
# More labels of bars than this stand in two rows.
_LABELS_A_ROW: Final = 5
_ROW_HEIGHT: Final = 12.0
_COLOURS: Final = ("#0b6e4f", "#1f5fbf", "#b3541e", "#555555", "#c2185b", "#7b5ea7", "#8a8a00", "#00838f")


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on an axis, in SVG units. `below` is how much further than usual it stands from the axis."""

    label: str
    at: float
    below: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """One strategy's line: dots, and where the line through them goes."""

    points: str
    dots: tuple[tuple[float, float], ...]
    colour: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle."""

    left: float
    top: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing for the template to write down. `legend` is (label, colour)."""

    title: str
    width: int
    height: int
    left: int
    right: int
    bottom: int
    along: tuple[Tick, ...]
    up: tuple[Tick, ...]
    legend: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...] = ()
    bars: tuple[Bar, ...] = ()


def draw_lines(
    *, title: str, series: Mapping[str, Sequence[tuple[int, float]]], names: Sequence[str]
) -> Plot:
    """Lay out lines of (x, y). The numbers along stand at even distances, whatever they are.

    The same name of `names` has the same colour in every plot.
    """
    numbers = sorted({x for points in series.values() for x, _y in points})
    highest = max((y for points in series.values() for _x, y in points), default=0.0) or 1.0
    step = (_WIDTH - _LEFT - _RIGHT) / max(1, len(numbers) - 1)

    def place_along(x: int) -> float:
        return round(_LEFT + numbers.index(x) * step, 1)

    def join(points: Sequence[tuple[int, float]], colour: str) -> Line:
        dots = [(place_along(x), _place_up(y, highest)) for x, y in points]
        return Line(" ".join(f"{x},{y}" for x, y in dots), tuple(dots), colour)

    legend = _give_colours(series, names)
    return _frame(
        title,
        highest,
        along=tuple(Tick(str(x), place_along(x)) for x in numbers),
        legend=legend,
        lines=tuple(join(series[label], colour) for label, colour in legend),
    )


def draw_bars(*, title: str, parts: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> Plot:
    """Lay out stacked bars: `parts` are layers, each with a value for every label along."""
    labels = list(dict.fromkeys(label for values in parts.values() for label in values))
    heights = {label: sum(values.get(label, 0.0) for values in parts.values()) for label in labels}
    highest = max(heights.values(), default=0.0) or 1.0
    step = (_WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    legend = _give_colours(parts, names)
    bars = []
    for index, label in enumerate(labels):
        base = 0.0
        for layer, colour in legend:
            value = parts[layer].get(label, 0.0)
            top, bottom = _place_up(base + value, highest), _place_up(base, highest)
            left = round(_LEFT + (index + (1 - _BAR_SHARE) / 2) * step, 1)
            bars.append(Bar(left, top, round(step * _BAR_SHARE, 1), round(bottom - top, 1), colour))
            base += value
    lower = _ROW_HEIGHT if len(labels) > _LABELS_A_ROW else 0.0
    along = [
        Tick(label, round(_LEFT + (i + 0.5) * step, 1), lower * (i % 2)) for i, label in enumerate(labels)
    ]
    return _frame(title, highest, along=tuple(along), legend=legend, bars=tuple(bars))


def _frame(
    title: str,
    highest: float,
    *,
    along: tuple[Tick, ...],
    legend: tuple[tuple[str, str], ...],
    lines: tuple[Line, ...] = (),
    bars: tuple[Bar, ...] = (),
) -> Plot:
    return Plot(
        title=title,
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        right=_WIDTH - _RIGHT,
        bottom=_HEIGHT - _BOTTOM,
        along=along,
        up=tuple(
            Tick(_to_label(highest * part / 4), _place_up(highest * part / 4, highest)) for part in range(5)
        ),
        legend=legend,
        lines=lines,
        bars=bars,
    )


def _place_up(y: float, highest: float) -> float:
    return round(_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * y / highest, 1)


def _to_label(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _give_colours(labels: Mapping[str, object], names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((label, _COLOURS[names.index(label) % len(_COLOURS)]) for label in labels)
