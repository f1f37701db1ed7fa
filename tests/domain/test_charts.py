"""Pictures are drawn of whatever figures there are."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from domain.charts import line_chart

SVG = "{http://www.w3.org/2000/svg}"
ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)


def drawn(svg: str, kind: str) -> list[ET.Element]:
    """Return the elements of a kind."""
    return list(ET.fromstring(svg).iter(f"{SVG}{kind}"))  # noqa: S314  # our own


@given(
    st.dictionaries(st.text("ab<&\"' $", max_size=5), st.lists(st.tuples(ANY_FLOAT, ANY_FLOAT), max_size=8), max_size=3)
)
def test_any_figures_make_a_picture(lines: dict[str, list[tuple[float, float]]]) -> None:
    """Every point that is drawn lies inside the axes, and every line has its name."""
    svg = line_chart(lines, "step")

    for dot in drawn(svg, "circle"):
        assert 0 <= float(dot.get("cx", "nan")) <= 880
        assert 39.9 <= float(dot.get("cy", "nan")) <= 220.1
    names = [text.text or "" for text in drawn(svg, "text")]
    assert all(name in names for name in lines)


def test_what_is_no_number_interrupts_a_line() -> None:
    """A training that diverged for a step shows a gap, and not a line across it."""
    points = [(0, 2.0), (1, 1.5), (2, float("nan")), (3, 1.0), (4, 0.5)]

    assert len(drawn(line_chart({"loss": points}, "step"), "polyline")) == 2


def test_a_loss_that_is_still_high_looks_high() -> None:
    """From 2.0 to 1.9 the line falls by a twentieth of the picture: the axis begins at 0."""
    first, last = (
        float(dot.get("cy", "nan")) for dot in drawn(line_chart({"loss": [(0, 2.0), (9, 1.9)]}, "step"), "circle")
    )

    assert 0 < last - first < 0.1 * 180
