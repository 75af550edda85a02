from __future__ import annotations

import json
import math
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, PathPatch, Rectangle
from matplotlib.text import Text

from deliberation.analysis import plots
from deliberation.analysis.plots.canvas import SERIES, STATUS, literal, looks, wrapped
from deliberation.analysis.reasons import reason_change
from deliberation.errors import DataError
from deliberation.records.agenda import Question
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings

ROOT = Path(__file__).parents[2]

HOSTILE = r"It costs $5_a, ^not\ $\frac{ \alpha _ 😀 漢" + "\x00\n" + "w" * 300

POLLS = pd.DataFrame([
    {"run": "run-1", "question": "q-1", "assembly": "a-1", "member": f"p-{n}", "poll": poll, "last": poll == 1,
     "group": "old" if n < 3 else "new", "position": "refer", "rating": rating, "simulated": True}
    for n, pair in enumerate([(1, 7), (2, 3), (4, 4), (6, 6), (7, 5), (7, 1)])
    for poll, rating in enumerate(pair)
])  # fmt: skip

RULINGS = pd.DataFrame(
    [
        ("must warn", "contested", 0.6, 0.5, 0.7, {"majority": "adopted", "two_thirds": "rejected"}),
        ("must help", "adopted", 1.0, 0.8, 0.99, {"majority": "adopted", "two_thirds": "adopted"}),
        ("must refuse", "rejected", 0.2, 0.1, 0.3, {"majority": "rejected", "two_thirds": "rejected"}),
        ("may guess", "no_ruling", None, None, None, {}),
    ],
    columns=["text", "status", "support", "low", "high", "sensitivity"],
).assign(run="run-1", rule="two_thirds", simulated=True, sensitivity=lambda f: f["sensitivity"].map(json.dumps))

CHANGE = pd.DataFrame({
    "run": "run-1", "question": "q-1", "position": ["refer", "help"], "first": [0.5, 0.4], "last": [0.7, math.nan],
    "net": [0.2, math.nan], "net_low": [0.1, math.nan], "net_high": [0.3, math.nan],
})  # fmt: skip

TALK = pd.DataFrame(
    {"run": "run-1", "assembly": ["a-1"] * 4, "member": list("abcd"), "turns": 1, "words": [0, 0, 0, 8]}
)

CURVE = pd.DataFrame({
    "run": "run-1", "assembly": ["a-1", "a-1", "a-2", "a-2", "a-2"], "turns": [1, 2, 1, 2, 3],
    "arguments": [1.0, 2.0, 1.0, 1.0, 1.0],
})  # fmt: skip

ITEMS = pd.DataFrame({
    "item": ["tax", "trade"], "human": [0.1, -0.1], "human_low": [0.05, -0.2], "human_high": [0.15, 0.0],
    "simulated": [0.1, 0.2], "simulated_low": [0.05, 0.1], "simulated_high": [0.15, 0.3], "class": ["match", "reversal"],
})  # fmt: skip

GAPS = pd.DataFrame({
    "item": ["small", "large"], "first": [0.1, -0.6], "last": [0.1, -0.3], "first_low": [0.0, -0.7],
    "first_high": [0.2, -0.5], "last_low": [0.0, -0.4], "last_high": [0.2, -0.2],
})  # fmt: skip

EFFECTS = pd.DataFrame({
    "arm": ["for", "against"], "control": "none", "outcome": "flips", "value": [0.3, 0.1], "low": [0.1, -0.1],
    "high": [0.5, 0.3],
})  # fmt: skip

SEATS = pd.DataFrame({
    "run": "run-1", "assembly": "a-1", "phase": "tables", "round": [1, 1, 2, 2], "table": ["t-1", "t-2", "t-1", "t-1"],
    "member": ["p-1", "p-2", "p-1", "p-2"],
})  # fmt: skip

PANEL = pd.DataFrame({"member": ["p-1", "p-2"], "name": ["Ada", "Bo"], "attribute_outlook": ["old", "new"]})


def people(kind: type[Any] = nx.DiGraph) -> Any:
    graph = kind()
    for node, group in (("p-1", "new"), ("p-2", "old"), ("p-3", "new")):
        graph.add_node(node, name=f"Name {node}", kind="member", group=group)
    graph.add_weighted_edges_from([("p-1", "p-2", 3.0), ("p-2", "p-1", 1.0), ("p-3", "p-1", 1.0)])
    return graph


def index() -> dict[str, Any]:
    draw = np.random.default_rng(1)
    before, after = ((draw.normal(size=(8, 5)), draw.normal(size=(8, 4))) for _ in range(2))
    return {"one": reason_change(before, after, seed=1, shuffles=20)}


QUESTION = Settings.bundled(question="health_advice").question

DRAWN: dict[str, Callable[..., Axes]] = {
    "opinion_flow": lambda **k: plots.opinion_flow(POLLS.drop(columns="simulated"), "refer", **k),
    "opinion_change": lambda **k: plots.opinion_change(CHANGE, **k),
    "party_gap": lambda **k: plots.party_gap(GAPS, **k),
    "rulings_with_intervals": lambda **k: plots.rulings_with_intervals(RULINGS.drop(columns="simulated"), **k),
    "rule_sensitivity": lambda **k: plots.rule_sensitivity(RULINGS.drop(columns="simulated"), **k),
    "argument_map": lambda **k: plots.argument_map(QUESTION, support={QUESTION.considerations[0].id: 0.5}, **k),
    "reply_network": lambda **k: plots.reply_network(people(), **k),
    "table_network": lambda **k: plots.table_network(people(nx.Graph), **k),
    "seating": lambda **k: plots.seating(SEATS, panel=PANEL, **k),
    "rarefaction": lambda **k: plots.rarefaction(CURVE, **k),
    "participation": lambda **k: plots.participation(TALK, **k),
    "reason_index": lambda **k: plots.reason_index(index(), **k),
    "effects": lambda **k: plots.effects(EFFECTS, **k),
}  # fmt: skip


def texts(axes: Any) -> list[str]:
    """All that is written, as it is drawn: of a size that can be read, and inside the figure."""
    axes.figure.draw_without_rendering()
    ticks = [
        label for axis in (axes.xaxis, axes.yaxis) for tick in axis.get_major_ticks() for label in tick.findobj(Text)
    ]
    shown = [tick.label1 for axis in (axes.xaxis, axes.yaxis) for tick in axis._update_ticks()]
    found = [*shown, *(t for t in axes.figure.findobj(Text) if t not in ticks)]
    found = [t for t in found if t.get_visible() and t.get_text().strip()]
    assert min(t.get_fontsize() for t in found) >= 8
    sheet = axes.figure.bbox.padded(1)
    for one in found:
        box = one.get_window_extent()
        assert sheet.contains(*box.min), one.get_text()
        assert sheet.contains(*box.max), one.get_text()
    return [t.get_text().replace(r"\$", "$").replace("\n", " ") for t in found]


def png(figure: Any) -> bytes:
    drawn = BytesIO()
    figure.savefig(drawn, format="png")
    return drawn.getvalue()


def at(line: Any) -> tuple[float, float]:
    return float(line.get_xdata()[0]), float(line.get_ydata()[0])


def spans(axes: Any) -> list[tuple[float, float]]:
    """Ends of all level lines."""
    return [(float(ends[0, 0]), float(ends[1, 0])) for c in axes.collections for ends in c.get_segments()]


def grey(colour: str) -> float:
    return float(np.dot(to_rgb(colour), (0.299, 0.587, 0.114)))


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_says_simulated_exactly_where_the_data_are(name: str) -> None:
    assert any(t.startswith("SIMULATED") for t in texts(DRAWN[name](simulated=True)))
    assert not any("SIMULATED" in t for t in texts(DRAWN[name](simulated=False)))


@pytest.mark.parametrize("name", DRAWN)
def test_data_of_unknown_origin_are_refused(name: str) -> None:
    with pytest.raises(DataError, match=f"^{name}: the data do not say whether they are simulated"):
        DRAWN[name]()


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_drawn_on_the_axes_given_and_on_no_others(name: str) -> None:
    given = Figure().subplots()
    assert DRAWN[name](simulated=True, ax=given) is given
    assert given.figure.axes == [given]
    assert DRAWN[name](simulated=True).figure is not DRAWN[name](simulated=True).figure


def test_no_figure_touches_pyplot() -> None:
    import subprocess
    import sys

    code = "import sys; from deliberation.analysis import plots; assert 'matplotlib' not in sys.modules\n"
    code += "from tests.analysis.test_plots import DRAWN\n[draw(simulated=True) for draw in DRAWN.values()]\n"
    code += "assert 'matplotlib.pyplot' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_a_frame_of_both_is_partly_simulated() -> None:
    both = pd.concat([RULINGS, RULINGS.assign(simulated=False)])
    assert any(t.startswith("PARTLY SIMULATED") for t in texts(plots.rulings_with_intervals(both)))


def test_a_notebook_shows_axes_that_end_a_cell() -> None:
    png_, size = plots.effects(EFFECTS, simulated=True)._repr_png_()  # type: ignore[attr-defined]
    assert png_.startswith(b"\x89PNG")
    assert size["width"] > size["height"] > 0


def test_statuses_are_told_apart_in_grey_and_by_shape() -> None:
    shades = sorted(grey(look.colour) for look in STATUS.values())
    assert min(np.diff(shades)) > 0.1
    for mark in ("marker", "letter", "colour"):
        assert len({getattr(look, mark) for look in STATUS.values()}) == 4
    assert len({look.marker for look in SERIES}) == len(SERIES)
    assert len({(look.colour, look.marker) for look in looks(map(str, range(40))).values()}) == 40


def test_ribbons_are_as_high_as_their_counts() -> None:
    axes = plots.opinion_flow(POLLS, "refer")
    heights: dict[str, float] = {}
    for patch in axes.patches:
        if isinstance(patch, PathPatch):
            edge = np.asarray(patch.get_path().vertices)
            colour = to_hex(patch.get_facecolor())
            heights[colour] = heights.get(colour, 0.0) + float(edge[0, 1] - edge[7, 1])
    assert sorted(heights.values()) == pytest.approx([1 / 6, 2 / 6, 3 / 6])
    bars = [p.get_height() for p in axes.patches if isinstance(p, Rectangle)]
    assert bars == pytest.approx([3 / 6, 1 / 6, 2 / 6, 3 / 6, 1 / 6, 2 / 6])
    told = texts(axes)
    assert {"for 3 (50%)", "undecided 1 (17%)", "against 2 (33%)", "6 people polled twice"} <= set(told)
    assert "3 people polled twice" in texts(plots.opinion_flow(POLLS, "refer", group="old"))


def test_those_polled_once_are_left_out_of_the_flow_and_counted() -> None:
    fewer = POLLS.drop(index=1)
    assert "5 people polled twice, 1 polled once left out" in texts(plots.opinion_flow(fewer, "refer"))
    with pytest.raises(DataError, match="nobody was polled twice on position 'no-such'"):
        plots.opinion_flow(POLLS, "no-such")
    with pytest.raises(DataError, match="rating 9: 1 to 7"):
        plots.opinion_flow(POLLS.assign(rating=9), "refer")


def test_change_has_an_arrow_and_an_interval_only_where_people_were_polled_twice() -> None:
    axes = plots.opinion_change(CHANGE, simulated=True)
    assert spans(axes) == [pytest.approx((0.6, 0.8))]
    told = texts(axes)
    assert "+0.20 [+0.10, +0.30]" in told
    assert told.count("polled once") == 1
    measured = plots.opinion_change(POLLS, by="group")
    assert [t.get_text() for t in measured.get_yticklabels()] == ["refer, old", "refer, new"]


def test_rulings_stand_in_order_of_support_each_with_its_interval() -> None:
    axes = plots.rulings_with_intervals(RULINGS, threshold=2 / 3)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["must help", "must warn", "must refuse", "may guess"]
    assert spans(axes) == [(0.8, 0.99), (0.5, 0.7), (0.1, 0.3)]
    shapes = {look.marker for look in STATUS.values()}
    assert [(line.get_marker(), line.get_color()) for line in axes.lines if line.get_marker() in shapes] == [
        (STATUS[s].marker, STATUS[s].colour) for s in ("adopted", "contested", "rejected")
    ]
    told = texts(axes)
    assert {"asked for: 0.67", "no ruling: no votes to go by", "no ruling"} <= set(told)
    with pytest.raises(DataError, match="status 'banned'"):
        plots.rulings_with_intervals(RULINGS.assign(status="banned"))


def test_sensitivity_has_a_lettered_cell_for_every_clause_and_rule() -> None:
    axes = plots.rule_sensitivity(RULINGS)
    letters = [t.get_text() for t in axes.texts]
    assert letters == ["A", "A", "A", "C", "A", "R", "R", "R", "R", "–"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["in force", "majority", "two thirds"]
    with pytest.raises(DataError, match="no ruling tells what other rules would say"):
        plots.rule_sensitivity(RULINGS.assign(sensitivity="{}"))


def test_recovery_counts_the_intervals_that_hold_the_planted_will(run: RunFolder, tmp_path: Any) -> None:
    wills = {t.id: t.will.considered for t in run.truth() if t.of == "clause" and t.will is not None}
    told = [r for r in run.rulings() if r.clause in wills and r.support is not None]
    held = sum(r.interval[0] <= wills[r.clause] <= r.interval[1] for r in told if r.interval)
    axes = plots.recovery(run)
    assert texts(axes).count(f"SIMULATED: {held} of {len(told)} intervals (90%) hold W1") == 1
    marks = [line for line in axes.lines if line.get_marker() in {look.marker for look in STATUS.values()}]
    drawn = sorted(at(m) for m in marks)
    assert drawn == sorted((wills[r.clause], float(r.support or 0)) for r in told)
    for name in ("manifest.json", "rulings.jsonl"):
        (tmp_path / name).write_bytes((run.path / name).read_bytes())
    with pytest.raises(DataError, match="no planted will"):
        plots.recovery(tmp_path)


def mapped(many: int) -> Question:
    plain = QUESTION.model_dump()
    more = [{**plain["considerations"][n], "id": f"more-{n}", "claim": HOSTILE} for n in range(many)]
    return Question.model_validate({**plain, "considerations": (*plain["considerations"], *more)})


def test_an_argument_map_has_a_place_of_its_own_for_each_of_24_reasons_and_an_arrow_for_each_rebuttal() -> None:
    question = mapped(24 - len(QUESTION.considerations))
    axes = plots.argument_map(question)
    nodes = {str(n.get_gid()): n for n in axes.lines if n.get_gid()}
    assert set(nodes) == {c.id for c in question.considerations}
    heights = sorted(at(n)[1] for n in nodes.values())
    assert min(np.diff(heights)) >= 0.99
    arrows = [p for p in axes.patches if isinstance(p, FancyArrowPatch)]
    assert len(arrows) == sum(len(c.rebuts) for c in question.considerations)
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    labels = [t for t in axes.texts if t.get_horizontalalignment() == "right"]
    boxes = sorted((t.get_window_extent() for t in labels), key=lambda box: -box.y0)
    assert len(boxes) == 24
    assert all(above.y0 >= below.y1 - 1 for above, below in pairwise(boxes))


def test_support_of_a_reason_is_its_nodes_size_and_is_checked() -> None:
    first, second = (c.id for c in QUESTION.considerations[:2])
    axes = plots.argument_map(QUESTION, support={first: 1.0, second: -0.04}, simulated=False)
    sizes = {str(n.get_gid()): n.get_markersize() for n in axes.lines if n.get_gid()}
    assert sizes[first] == max(sizes.values()) == pytest.approx(13.0)
    hollow = next(n for n in axes.lines if n.get_gid() == second)
    assert hollow.get_markerfacecolor() == "white"
    with pytest.raises(DataError, match="no consideration 'no-such'"):
        plots.argument_map(QUESTION, support={"no-such": 0.1}, simulated=False)
    with pytest.raises(DataError, match="is 3; it lies from -1 to 1"):
        plots.argument_map(QUESTION, support={first: 3.0}, simulated=False)
    turns = pd.DataFrame({
        "run": "r", "assembly": "a", "speaker": ["p", "p", "q", "w"], "role": ["member"] * 3 + ["witness"],
        "considerations": [(first,), (first, first), (), (second,)], "simulated": True,
    })  # fmt: skip
    voiced = plots.argument_map(QUESTION, support=turns)
    sizes = {str(n.get_gid()): n.get_markersize() for n in voiced.lines if n.get_gid()}
    assert (sizes[first], sizes[second]) == pytest.approx((4 + 9 * math.sqrt(0.5), 4.0))


def test_people_stand_on_a_circle_by_group_and_returned_replies_are_dark() -> None:
    axes = plots.reply_network(people(), simulated=True)
    assert [t.get_text() for t in axes.texts] == ["Name p-1", "Name p-3", "Name p-2"]
    assert all(math.hypot(*at(n)) == pytest.approx(1) for n in axes.lines)
    edges = [p for p in axes.patches if isinstance(p, FancyArrowPatch)]
    shades = sorted((sum(to_rgb(p.get_edgecolor())), p.get_linewidth()) for p in edges)
    assert len(edges) == 3
    assert shades[0][0] == shades[1][0] < shades[2][0]
    assert shades[1][1] > shades[0][1] == shades[2][1]
    for draw in (plots.reply_network, plots.table_network):
        with pytest.raises(DataError, match="nobody is in the graph"):
            draw(nx.DiGraph(), simulated=True)


def test_each_round_has_its_tables_with_their_people() -> None:
    axes = plots.seating(SEATS, panel=PANEL, simulated=True)
    assert sorted(t.get_text() for t in axes.texts) == ["Ada", "Ada", "Bo", "Bo", "t-1", "t-1", "t-2"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["tables, round 1", "tables, round 2"]
    with pytest.raises(DataError, match="several assemblies"):
        plots.seating(pd.concat([SEATS, SEATS.assign(assembly="a-2")]), panel=PANEL, simulated=True)


def test_curves_of_talk_are_those_of_the_frame() -> None:
    mean = next(line for line in plots.rarefaction(CURVE, simulated=True).lines if line.get_gid() == "mean")
    assert np.asarray(mean.get_ydata()).tolist() == [1.0, 1.5]
    axes = plots.participation(TALK, simulated=True)
    lorenz = next(line for line in axes.lines if line.get_gid() == "mean")
    assert np.interp([0.75, 1.0], *np.asarray(lorenz.get_data())) == pytest.approx([0.0, 1.0])
    assert "run-1: Gini 0.75" in texts(axes)
    with pytest.raises(DataError, match="nobody in 'run-1' said anything"):
        plots.participation(TALK.assign(words=0), simulated=True)


def test_items_lie_at_their_changes_and_show_their_class() -> None:
    axes = plots.calibration(ITEMS, margin=0.03)
    assert {str(n.get_gid()): at(n) for n in axes.lines if n.get_gid()} == {
        "match": (0.1, 0.1),
        "reversal": (-0.1, 0.2),
    }
    assert {"match (1)", "reversal (1)", "PARTLY SIMULATED: Simulated and human change, 2 items"} <= set(texts(axes))


def test_the_widest_gap_stands_first_and_effects_whose_interval_holds_0_are_hollow() -> None:
    assert [t.get_text() for t in plots.party_gap(GAPS, simulated=False).get_yticklabels()] == ["large", "small"]
    axes = plots.effects(EFFECTS, simulated=True)
    filled = [n.get_markerfacecolor() for n in axes.lines if n.get_marker() == SERIES[0].marker]
    assert filled == [SERIES[0].colour, "white"]
    assert "SIMULATED: Effects against none" in texts(axes)
    assert "no interval" in texts(plots.effects(EFFECTS.assign(low=math.nan), simulated=True))


def test_the_index_stands_beside_its_null() -> None:
    found = index()["one"]
    axes = plots.reason_index({"one": found}, measure="plain", simulated=True)
    (null,) = [p for p in axes.patches if isinstance(p, Rectangle)]
    ends = sorted((found.before.null_plain, found.after.null_plain))
    assert (null.get_x(), null.get_x() + null.get_width()) == pytest.approx(ends)
    first = found.before.plain
    assert spans(axes) == [pytest.approx((first + found.plain.low, first + found.plain.high))]


EMPTY: dict[str, Callable[[], Axes]] = {
    "opinion_flow": lambda: plots.opinion_flow(POLLS[:0], "refer"),
    "opinion_change": lambda: plots.opinion_change(CHANGE[:0], simulated=True),
    "opinion_change of polls": lambda: plots.opinion_change(POLLS[:0], simulated=True),
    "party_gap": lambda: plots.party_gap(GAPS[:0], simulated=True),
    "rulings_with_intervals": lambda: plots.rulings_with_intervals(RULINGS[:0]),
    "rule_sensitivity": lambda: plots.rule_sensitivity(RULINGS[:0]),
    "argument_map": lambda: plots.argument_map(QUESTION.model_copy(update={"considerations": ()})),
    "seating": lambda: plots.seating(SEATS[:0], panel=PANEL),
    "rarefaction": lambda: plots.rarefaction(CURVE[:0], simulated=True),
    "participation": lambda: plots.participation(TALK[:0], simulated=True),
    "calibration": lambda: plots.calibration(ITEMS[:0]),
    "reason_index": lambda: plots.reason_index({}, simulated=True),
    "effects": lambda: plots.effects(EFFECTS[:0], simulated=True),
}


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_to_draw_is_said_in_one_line(name: str) -> None:
    with pytest.raises(DataError, match=name.split(" of", maxsplit=1)[0]) as refused:
        EMPTY[name]()
    assert "\n" not in str(refused.value)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="no column 'low'"):
        plots.rulings_with_intervals(RULINGS.drop(columns="low"))
    with pytest.raises(DataError, match="no column 'assembly'"):
        plots.opinion_change(POLLS.drop(columns="assembly"))


def test_hostile_words_are_drawn_as_they_stand() -> None:
    hostile = people()
    for node in hostile:
        hostile.nodes[node].update(name=HOSTILE, group="_" + HOSTILE)
    for axes in (
        plots.rulings_with_intervals(RULINGS.assign(text=HOSTILE), title=HOSTILE),
        plots.rule_sensitivity(RULINGS.assign(text=HOSTILE, rule=HOSTILE)),
        plots.argument_map(mapped(3).model_copy(update={"title": HOSTILE})),
        plots.opinion_flow(POLLS, "refer", label=HOSTILE),
        plots.opinion_change(CHANGE, labels={"refer": HOSTILE}, simulated=True),
        plots.reply_network(hostile, simulated=True),
        plots.seating(SEATS.assign(table="$t$"), panel=PANEL.assign(name=["$a_b$", HOSTILE]), simulated=True),
        plots.rarefaction(CURVE, labels={"run-1": "_" + HOSTILE}, simulated=True),
        plots.participation(TALK, labels={"run-1": "_" + HOSTILE}, simulated=True),
        plots.party_gap(GAPS.assign(item=HOSTILE), simulated=False),
        plots.effects(EFFECTS.assign(arm=HOSTILE, control=HOSTILE), simulated=True),
        plots.reason_index({HOSTILE: index()["one"]}, simulated=True),
    ):
        png(axes.figure)
        assert any("$" in t for t in texts(axes))


@pytest.mark.parametrize("text", ["$a_b$ and $c$", "$x$", "a\\$b$c$", "$5 and $6", r"\frac{1}{2}"])
def test_what_would_be_mathematics_is_drawn_letter_by_letter(text: str) -> None:
    def drawn(shown: str, *, mathematics: bool) -> bytes:
        figure = Figure(figsize=(3, 1))
        figure.text(0.1, 0.5, shown, parse_math=mathematics)
        return png(figure)

    assert drawn(literal(text), mathematics=True) == drawn(text, mathematics=False)


@given(st.text(), st.integers(3, 60), st.integers(1, 5))
def test_wrapped_text_fits_its_lines_and_keeps_its_ends(text: str, width: int, lines: int) -> None:
    shown = wrapped(text, width, lines=lines).replace(r"\$", "$").split("\n")
    assert len(shown) <= lines
    assert all(len(line) <= width for line in shown)
    whole = literal(text).replace(r"\$", "$")
    assert whole.replace(" ", "").endswith(shown[-1].replace(" ", "").replace("…", ""))
