"""Bars and lines as SVG that Prefect's UI shows inside a Markdown artifact.

Its image artifact wants a URL and prints it below the picture; in Markdown both of its UIs show an image whose address
is a data URI (tried in 3.8.8), so the picture needs neither a place to be stored nor a package to
be drawn.
"""

import base64
import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

HEIGHT, TOP, LEFT, BASE = 280, 40, 40, 220
BAR, GAP = 34, 36
GRID = (0.0, 0.25, 0.5, 0.75, 1.0)
COLOURS = ("#9aa5b1", "#2f6fde", "#e0a030")
LINE_COLOURS = ("#2f6fde", "#e0a030", "#3a9a5b", "#b0417a", "#7a5bd0", "#5a6572")
WIDTH, RIGHT = 880, 20
TICKS = 5
FEW_POINTS = 50
"""So few are marked one by one: what lies between two of them was not measured."""
LARGEST = 1e150
"""A value beyond it is left out of a line, as one is that is no number."""

Point = tuple[float, float]


def bar_chart(groups: Sequence[str], series: Mapping[str, Sequence[float]]) -> str:
    """Return an SVG: for each group a bar of each series, up to three; `series` holds one value 0 to 1 a group."""
    group_width = BAR * len(series) + GAP
    width = LEFT + group_width * len(groups) + GAP
    size = f'viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for value in GRID:
        y = _y(value)
        parts += [
            f'<line x1="{LEFT}" x2="{width - GAP / 2}" y1="{y}" y2="{y}" stroke="#e3e7eb"/>',
            _text(LEFT - 6, y + 4, f"{value:g}", anchor="end"),
        ]
    x = LEFT
    for number, (name, colour) in enumerate(zip(series, COLOURS, strict=False)):
        parts += [
            f'<rect x="{x}" y="12" width="12" height="12" fill="{colour}"/>',
            _text(x + 18, 22, name),
        ]
        x += 40 + 7 * len(name)
        for place, value in enumerate(series[name]):
            left, y = LEFT + GAP / 2 + group_width * place + BAR * number, _y(value)
            parts += [
                f'<rect x="{left}" y="{y}" width="{BAR - 3}" height="{BASE - y}" fill="{colour}"/>',
                _text(left + (BAR - 3) / 2, y - 4, f"{value:.2f}", anchor="middle"),
            ]
    for place, group in enumerate(groups):
        middle = LEFT + GAP / 2 + group_width * place + BAR * len(series) / 2
        parts.append(_text(middle, BASE + 20, group, anchor="middle"))
    return "".join((*parts, "</svg>"))


def line_chart(lines: Mapping[str, Sequence[Point]], x_name: str) -> str:
    """Return an SVG: a line for each name through its points (x, y); what is no number interrupts it.

    The y axis begins at 0 where no value is below it: else a value that is still high seems to have come down to
    nothing.
    """
    drawn = [[point for point in points if _fits(point)] for points in lines.values()]
    xs, ys = ([point[axis] for points in drawn for point in points] for axis in (0, 1))
    x_ticks, y_ticks = _ticks(xs), _ticks([*ys, 0.0] if min(ys, default=0.0) >= 0 else ys)
    left = LEFT + 7 * max((len(f"{tick:.4g}") for tick in y_ticks), default=0)
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]

    def place(point: Point) -> Point:
        across = (point[0] - x_ticks[0]) / (x_ticks[-1] - x_ticks[0])
        up = (point[1] - y_ticks[0]) / (y_ticks[-1] - y_ticks[0])
        return round(left + (WIDTH - RIGHT - left) * across, 1), round(BASE - (BASE - TOP) * up, 1)

    for tick in y_ticks:
        y = place((x_ticks[0], tick))[1]
        parts.append(f'<line x1="{left}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#e3e7eb"/>')
        parts.append(_text(left - 6, y + 4, f"{tick:.4g}", anchor="end"))
    parts += [_text(place((tick, y_ticks[0]))[0], BASE + 18, f"{tick:.6g}", anchor="middle") for tick in x_ticks]
    parts.append(_text((left + WIDTH) / 2, BASE + 40, x_name, anchor="middle"))
    key = left
    for number, (name, points) in enumerate(lines.items()):
        colour = LINE_COLOURS[number % len(LINE_COLOURS)]
        parts += [f'<rect x="{key}" y="12" width="12" height="12" fill="{colour}"/>', _text(key + 18, 22, name)]
        key += 40 + 7 * len(name)
        for piece in _unbroken(points):
            path = " ".join(f"{x},{y}" for x, y in map(place, piece))
            parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        if len(points) <= FEW_POINTS:
            dots = (place(point) for point in points if _fits(point))
            parts += [f'<circle cx="{x}" cy="{y}" r="2.5" fill="{colour}"/>' for x, y in dots]
    return "".join((*parts, "</svg>"))


def data_uri(svg: str) -> str:
    """Return the address of an image that holds the SVG itself."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _y(value: float) -> float:
    return round(BASE - (BASE - TOP - 14) * value, 1)


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="#20262d">{escape(text)}</text>'


def _fits(point: Point) -> bool:
    return all(abs(value) <= LARGEST for value in point)  # which is false of what is no number


def _unbroken(points: Sequence[Point]) -> Iterator[list[Point]]:
    """Give the pieces of a line between points that cannot be drawn."""
    piece: list[Point] = []
    for point in points:
        if _fits(point):
            piece.append(point)
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


def _ticks(values: Sequence[float]) -> list[float]:
    """Return round figures, at least two, that begin at or below the least value and end at or above the greatest."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if high - low <= abs(high) * 1e-9:  # one value, as far as a picture can show
        margin = abs(high) / 2 or 1.0
        low, high = low - margin, high + margin
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(round_one for round_one in (1, 2, 5, 10) if round_one * power >= rough * (1 - 1e-9))
    first = math.floor(low / step)
    return [number * step for number in range(first, math.ceil(high / step) + 1)]
