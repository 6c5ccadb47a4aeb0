"""The charts: they show the figures that they were given, on light and on dark."""

import math

import pytest

from demo import charts, trade_off
from demo.charts import CurvePoint, Roc
from engine.audit.depth import Layer
from engine.audit.figures import written
from engine.audit.probe_strength import Strength

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


AT_THE_TOP = {
    "Original": (0.979, 1.0),
    "Erase (ESC)": (0.365, 1.0),
    "Learn to erase (ESC-T)": (0.8965, 1.0),
    "Hide the name": (0.979, 1.0),
    "Prototype erase": (0.311, 0.997),
    "Prototype remap (MoRE)": (0.361, 0.9675),
    "Deep Unlearning": (0.994, 1.0),
    "Linear concept erasure (LEACE)": (0.408, 1.0),
    "Stand-in (ours)": (0.086, 1.0),
    "Fine-tune": (0.9805, 1.0),
    "Negative gradient": (0.972, 1.0),
    "Random label": (0.954, 0.9887),
    "SalUn": (0.9735, 0.9929),
}
"""Where the methods lie for five of the embedded people."""


def test_one_point_a_method_at_its_exact_place() -> None:
    """Catches methods lost from the trade-off, or moved aside to make room for their names."""
    figure = trade_off.trade_off(AT_THE_TOP, original="Original", ours="Stand-in (ours)")
    assert {trace.name: (trace.x[0], trace.y[0]) for trace in figure.data} == AT_THE_TOP
    assert figure.data[0].marker.symbol == "circle-open"
    low, high = figure.layout.yaxis.range
    assert all(low + 0.002 < kept < high - 0.002 for _, kept in AT_THE_TOP.values())
    assert max(figure.layout.yaxis.tickvals) == 1
    assert not trade_off.trade_off({}).data


@pytest.mark.parametrize("kept", [None, 1.0])
def test_no_name_lies_on_another_or_outside(kept: float | None) -> None:
    """Catches names printed over each other or cut off where all methods keep everybody."""
    points = {name: (known, kept or share) for name, (known, share) in AT_THE_TOP.items()}
    up = trade_off.span([share for _, share in points.values()])
    notes = trade_off.notes(points, up, 360)
    written = [line for note in notes for line in note.lines]
    assert sorted(written) == sorted(map(trade_off.brief, points))
    for at, note in enumerate(notes):
        left, top, right, bottom = note.box
        assert left >= 0
        assert right <= trade_off.NARROW
        assert top >= 0
        assert bottom <= 360 - trade_off.FRAME
        for other in notes[:at]:
            a, b, c, d = other.box
            assert left >= c or a >= right or top >= d or b >= bottom, (note, other)


def test_roc_keeps_zero_false_accepts_on_a_logarithmic_axis() -> None:
    """Catches points at zero that a logarithmic axis drops without a word, and a lost chance."""
    curve = Roc("forgotten", [0, 0.1, 1], [0.2, 0.6, 1], 0.71, "forgotten")
    figure = charts.roc([curve])
    trace, guessing = figure.data
    assert min(trace.x) > 0
    assert len(trace.x) == 3
    assert math.isfinite(math.log10(min(trace.x)))
    assert ".71" in trace.name
    assert guessing.name == "guessing"
    assert guessing.x == guessing.y
    assert figure.layout.yaxis.tickformat == ".0%"
    assert not charts.roc([]).data


def test_a_probe_s_strength_has_its_floor_and_breaks_where_nothing_was_measured() -> None:
    """Catches a gap joined by a line, a lost floor, and ticks that name other efforts."""
    curve = Strength((0, 1, 5, 9), (0.1, None, 0.5, 0.6), (0.9,) * 4, (0.05, 0.04, 0.03, 0.02))
    figure = charts.strength(curve, "steps of training")
    lines = {trace.name: trace for trace in figure.data}
    assert lines["the forgotten"].y == (0.1, None, 0.5, 0.6)
    assert lines["the forgotten"].connectgaps is False
    assert lines["strangers taken for one of them"].y == (0.05, 0.04, 0.03, 0.02)
    ticks = dict(zip(figure.layout.xaxis.tickvals, figure.layout.xaxis.ticktext, strict=True))
    assert ticks == {0: "0", 1: "1", 2: "5", 3: "9"}
    assert figure.layout.xaxis.title.text == "steps of training"
    assert (figure.layout.margin.l, figure.layout.margin.r) == (charts.PLOT_LEFT, charts.PLOT_RIGHT)


def test_relearning_and_depth_show_what_they_were_given() -> None:
    """Catches before and after swapped, a lost floor, and layers out of order."""
    was = {"shots": [1, 2, 5], "accuracy": [0.9, 1, 1], "floor": [0.1, 0.1, 0.1]}
    now = {"shots": [1, 2, 5], "accuracy": [0.2, 0.3, 0.4], "floor": [0.1, 0.2, 0.2]}
    lines = {trace.name: list(trace.y) for trace in charts.relearning(was, now).data}
    assert lines["before"] == was["accuracy"]
    assert lines["recognised"] == now["accuracy"]
    assert lines["strangers taken for them"] == now["floor"]
    assert "before" not in {trace.name for trace in charts.relearning(None, now).data}
    figure = charts.depth([Layer("first", 8, 0.9, 0.8), Layer("last", 8, 0.1, None)])
    assert list(figure.layout.xaxis.ticktext) == ["first", "last"]
    assert [list(trace.y) for trace in figure.data] == [[0.9, 0.1], [0.8, None]]


def test_figures_fit_both_themes() -> None:
    """Catches a white sheet in the dark page, and text whose colour the page cannot change."""
    for figure in (
        charts.forgetting_curve(POINTS),
        trade_off.trade_off({"ESC": (0.3, 0.9)}),
        charts.roc([Roc("all", [0, 1], [0, 1], 0.5)]),
    ):
        assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert not figure.layout.template.layout.to_plotly_json().get("paper_bgcolor")
    assert "text { fill: var(--muted" in charts.css()


def test_a_chart_is_told_in_words() -> None:
    """Catches a chart that is silence to who does not see it, or is told by other figures."""
    says = charts.told(charts.forgetting_curve(POINTS))
    assert "by directions removed" in says
    first, last = (written(POINTS[at].kr_forget, "fraction") for at in (0, -1))
    assert f"KR, the forgotten {first} to {last};" in says
    assert charts.shown(charts.forgetting_curve(POINTS))["label"] == says
