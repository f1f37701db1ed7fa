"""Bars of figures between 0 and 1, as an SVG that Prefect's UI shows inside a Markdown artifact.

Its image artifact wants a URL and prints it below the picture; in Markdown both of its UIs show an image whose address
is a data URI (tried in 3.8.8), so the picture needs neither a place to be stored nor a package to
be drawn.
"""

import base64
from collections.abc import Mapping, Sequence
from html import escape

HEIGHT, TOP, LEFT, BASE = 280, 40, 40, 220
BAR, GAP = 34, 36
GRID = (0.0, 0.25, 0.5, 0.75, 1.0)
COLOURS = ("#9aa5b1", "#2f6fde", "#e0a030")


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


def data_uri(svg: str) -> str:
    """Return the address of an image that holds the SVG itself."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _y(value: float) -> float:
    return round(BASE - (BASE - TOP - 14) * value, 1)


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="#20262d">{escape(text)}</text>'
