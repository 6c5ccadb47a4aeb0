"""The charts: they show the figures that they were given, on light and on dark."""

import math

from demo import charts
from demo.charts import CurvePoint, Roc

POINTS = [CurvePoint(rank, 1 / (1 + rank), 0.99, 1 / (2 + rank)) for rank in range(0, 33, 2)]


def test_the_curve_shows_its_points_and_marks() -> None:
    """Catches swapped lines, a lost mark, and marks that hide each other when ranks agree."""
    figure = charts.forgetting_curve(POINTS, chance=0.2, current=8, cliff=8, paper=12)
    lines = {trace.name: trace for trace in figure.data}
    assert list(lines["KR, the forgotten"].y) == [point.kr_forget for point in POINTS]
    assert list(lines["KR, everybody else"].y) == [0.99] * len(POINTS)
    assert list(lines["KR, the forgotten"].x) == [point.rank for point in POINTS]
    words = [note.text for note in figure.layout.annotations]
    assert "cliff, now: 8" in words
    assert "paper's p: 12" in words
    assert {shape.x0 for shape in figure.layout.shapes} >= {8, 12}
    assert 0.2 in {shape.y0 for shape in figure.layout.shapes}


def test_what_was_not_measured_is_not_drawn() -> None:
    """Catches a line of zeros for people without test photos, and an empty curve that fails."""
    points = [CurvePoint(rank, None, 0.9) for rank in range(4)]
    assert [trace.name for trace in charts.forgetting_curve(points).data] == ["KR, everybody else"]
    assert not charts.forgetting_curve([]).data
    marked = charts.forgetting_curve(points, current=50)
    assert not marked.layout.shapes


def test_one_point_a_method_and_no_name_on_another() -> None:
    """Catches methods lost from the trade-off and names printed over each other."""
    points = {
        "Original": (1.0, 0.995),
        "Hide the name": (1.0, 0.995),
        "ESC": (0.38, 0.992),
        "ESC-T": (0.4, 0.991),
        "Stand-in": (0.22, 0.992),
    }
    figure = charts.trade_off(points, original="Original", ours="Stand-in")
    drawn = {trace.text[0].strip("</b>"): (trace.x[0], trace.y[0]) for trace in figure.data}
    assert drawn == points
    assert figure.data[0].marker.symbol == "circle-open"
    sides = {trace.text[0]: trace.textposition for trace in figure.data}
    assert sides["Original"] != sides["Hide the name"]
    low, high = figure.layout.yaxis.range
    assert all(low <= kept <= high for _, kept in points.values())


def test_roc_keeps_zero_false_accepts_on_a_logarithmic_axis() -> None:
    """Catches points at zero that a logarithmic axis drops without a word."""
    curve = Roc("forgotten", [0, 0.1, 1], [0.2, 0.6, 1], 0.71, "forgotten")
    trace = charts.roc([curve]).data[-1]
    assert min(trace.x) > 0
    assert len(trace.x) == 3
    assert math.isfinite(math.log10(min(trace.x)))
    assert ".71" in trace.name


def test_figures_fit_both_themes() -> None:
    """Catches a white sheet in the dark page, and text whose colour the page cannot change."""
    for figure in (
        charts.forgetting_curve(POINTS),
        charts.trade_off({"ESC": (0.3, 0.9)}),
        charts.roc([Roc("all", [0, 1], [0, 1], 0.5)]),
    ):
        assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert not figure.layout.template.layout.to_plotly_json().get("paper_bgcolor")
    assert "text { fill: var(--muted" in charts.CSS
