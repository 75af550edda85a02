from __future__ import annotations

import json
from collections import defaultdict

import pyarrow.parquet as pq
import pytest

from deliberation.encoding.judged import judged_dialogues, judged_pairs, judged_replies
from deliberation.encoding.sources import Ruled, split_of
from deliberation.records.base import new_id
from deliberation.records.encoding import ROWS, FailedRow, PreferenceRow, Provenance, SftRow, UnpairedRow
from deliberation.records.files import read_records
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Judgment, Ruling, Status
from deliberation.settings import EncodingSettings, Settings

SETTINGS = Settings.bundled()
QUESTION = SETTINGS.question
CASE = QUESTION.cases[0]
RESERVED = {"completion", "label", "margin", "tools", "images", "input_ids", "labels", "completions"}


def judgment(member: int, *ranking: tuple[str, ...], clauses: tuple[str, ...] = ()) -> Judgment:
    return Judgment(
        id=new_id("j", member), assembly="a-1", member=f"p-{member}", case=CASE.id, ranking=ranking, clauses=clauses,
        weight=1.0, event=f"e-a-1-{member}",
    )  # fmt: skip


def ruling(clause: str, status: Status) -> Ruling:
    return Ruling(
        id=new_id("r", clause), clause=clause, question=QUESTION.id, status=status, rule="s", support=0.8, interval=(0.7, 0.9),
        level=0.9, turnout=1.0, groups={}, stability=1.0, sensitivity={}, dissent=(), why="because",
    )  # fmt: skip


def preferences(judged: Ruled, settings: EncodingSettings) -> list[PreferenceRow]:
    return [row for row in judged_pairs(judged, settings) if isinstance(row, PreferenceRow)]


def supervised(judged: Ruled, settings: EncodingSettings) -> list[SftRow]:
    return [row for row in judged_dialogues(judged, settings) if isinstance(row, SftRow)]


def ruled(*judgments: Judgment) -> Ruled:
    return Ruled(QUESTION, judgments, {}, "run-x", simulated=True)


def test_a_pair_carries_the_shares_of_those_who_ranked_it() -> None:
    a, b, c, d = (r.id for r in CASE.responses)
    order = ((a,), (b,), (c,), (d,))
    rows = preferences(
        ruled(*(judgment(n, *order) for n in range(3)), judgment(9, (b,), (a,), (c,), (d,))), EncodingSettings(id="e")
    )
    by_pair = {(r.chosen[0].content, r.rejected[0].content): r for r in rows}
    texts = {r.id: r.text for r in CASE.responses}
    assert by_pair[(texts[a], texts[b])].support == 0.75
    assert by_pair[(texts[a], texts[b])].dissent == 0.25
    assert by_pair[(texts[a], texts[c])].support == 1.0
    assert len(rows) == 6


def test_tied_responses_make_no_pair() -> None:
    a, b, c, d = (r.id for r in CASE.responses)
    rows = preferences(ruled(judgment(1, (a, b), (c, d))), EncodingSettings(id="e"))
    assert len(rows) == 4


def test_a_margin_keeps_close_pairs_out() -> None:
    a, b, c, d = (r.id for r in CASE.responses)
    judged = ruled(
        *(judgment(n, (a,), (b,), (c,), (d,)) for n in range(3)),
        *(judgment(9 + n, (b,), (a,), (c,), (d,)) for n in range(2)),
    )
    assert len(preferences(judged, EncodingSettings(id="e", margin=0.1))) == 6
    assert len(preferences(judged, EncodingSettings(id="e", margin=0.5))) == 5


def test_where_two_answers_are_level_there_is_nothing_to_imitate() -> None:
    a, b, c, d = (r.id for r in CASE.responses)
    level = [judgment(1, (a,), (b,), (c,), (d,)), judgment(2, (b,), (a,), (c,), (d,))]
    assert supervised(ruled(*level), EncodingSettings(id="e")) == []
    [row] = supervised(ruled(*level, judgment(3, (b,), (a,), (c,), (d,))), EncodingSettings(id="e"))
    assert row.messages[-1].content == next(r.text for r in CASE.responses if r.id == b)


def test_judgments_alone_make_an_encoding_without_any_specification() -> None:
    a, b, c, d = (r.id for r in CASE.responses)
    rows = supervised(ruled(judgment(1, (a,), (b,), (c,), (d,))), EncodingSettings(id="e"))
    assert [row.clause_ids for row in rows] == [()]
    assert rows[0].messages[-1].content == next(r.text for r in CASE.responses if r.id == a)


def test_a_question_stands_on_one_side_in_every_run() -> None:
    sides = {f"q-{n}": split_of(f"q-{n}", 0.3) for n in range(200)}
    assert {q: split_of(q, 0.3) for q in sides} == sides
    assert 30 < list(sides.values()).count("test") < 90
    assert {split_of(q, 0.0) for q in sides} == {"train"}


def test_all_rows_of_a_question_are_on_its_side(run: RunFolder) -> None:
    for name in {*ROWS} & {*SETTINGS.encoding.formats}:
        rows = list(read_records(run.encoding / f"{name}.jsonl", ROWS[name]))
        assert {row.split for row in rows} == {split_of(QUESTION.id, SETTINGS.encoding.test_share)}


def test_a_row_is_contested_if_none_of_its_clauses_was_adopted_and_cites_only_what_was_ruled_on() -> None:
    order = tuple((r.id,) for r in CASE.responses)
    judged = [judgment(n, *order, clauses=("c-1", "c-2", "c-gone")) for n in range(3)]

    def contested(*statuses: Status) -> set[bool]:
        rulings = {f"c-{n}": ruling(f"c-{n}", status) for n, status in enumerate(statuses, start=1)}
        rows = preferences(Ruled(QUESTION, judged, rulings, "run-x", simulated=True), EncodingSettings(id="e"))
        assert all(row.clause_ids == tuple(rulings) for row in rows)
        return {row.contested for row in rows}

    assert contested("adopted", "contested") == {False}
    assert contested("contested", "rejected") == {True}
    assert contested() == {False}


def test_weights_of_judgments_count() -> None:
    a, b, c, d = (r.id for r in CASE.responses)
    light = [judgment(n, (a,), (b,), (c,), (d,)) for n in range(3)]
    heavy = judgment(9, (b,), (a,), (c,), (d,)).model_copy(update={"weight": 9.0})
    rows = preferences(ruled(*light, heavy), EncodingSettings(id="e"))
    texts = {r.id: r.text for r in CASE.responses}
    [row] = [r for r in rows if {r.chosen[0].content, r.rejected[0].content} == {texts[a], texts[b]}]
    assert row.chosen[0].content == texts[b]
    assert row.support == 0.75
    [example] = supervised(ruled(*light, heavy), EncodingSettings(id="e"))
    assert example.messages[-1].content == texts[b]


@pytest.mark.parametrize("name", sorted({*ROWS} & {*SETTINGS.encoding.formats}))
def test_parquet_and_jsonl_hold_the_same_rows(run: RunFolder, name: str) -> None:
    table = pq.read_table(run.encoding / f"{name}.parquet")
    lines = [json.loads(row.line()) for row in read_records(run.encoding / f"{name}.jsonl", ROWS[name])]
    assert lines
    assert table.to_pylist() == [{k: line[k] for k in table.column_names} for line in lines]


def test_no_column_of_provenance_has_a_name_that_a_trainer_interprets() -> None:
    assert not RESERVED & {*Provenance.model_fields}
    assert not RESERVED & {*PreferenceRow.model_fields}


@pytest.mark.parametrize("name", sorted({*ROWS} & {*SETTINGS.encoding.formats}))
def test_every_row_says_that_it_is_simulated_and_names_clauses_that_exist(run: RunFolder, name: str) -> None:
    clauses = {c.id for c in run.clauses()}
    rulings = {r.id: r for r in run.rulings()}
    examples = {e.id: e for e in run.examples()}
    for row in read_records(run.encoding / f"{name}.jsonl", ROWS[name]):
        assert row.simulated
        assert row.origin == "synthetic"
        assert row.run == run.manifest().content.run
        assert set(row.clause_ids) <= clauses
        assert tuple(rulings[r].clause for r in row.ruling_ids) == row.clause_ids
        if row.basis == "clause":
            assert row.example is not None
            assert row.clause_ids == (examples[row.example].clause,)
            assert row.support == rulings[row.ruling_ids[0]].support
        else:
            assert row.support is not None
            assert row.dissent is not None
            assert row.support + row.dissent == pytest.approx(1.0)


def test_rows_agree_with_a_recount_of_the_judgments(run: RunFolder) -> None:
    judged: dict[str, list[Judgment]] = defaultdict(list)
    for one in run.judgments():
        judged[one.case].append(one)
    texts = {(case.id, r.text): r.id for case in QUESTION.cases for r in case.responses}
    rows = [r for r in read_records(run.encoding / "preferences.jsonl", PreferenceRow) if r.basis == "judged"]
    assert rows
    for row in rows:
        assert row.case is not None
        better = texts[(row.case, row.chosen[0].content)]
        worse = texts[(row.case, row.rejected[0].content)]
        orders = [[r for place in j.ranking for r in place] for j in judged[row.case]]
        share = sum(o.index(better) < o.index(worse) for o in orders) / len(orders)
        assert row.soft_label == row.support == pytest.approx(share, abs=1e-6)
        assert row.agreement == pytest.approx(2 * share - 1, abs=1e-6)


def test_a_reply_is_wanted_by_the_comparisons_that_it_wins_and_one_that_wins_half_is_neither() -> None:
    a, b, c, d = (r.id for r in CASE.responses)
    judged = ruled(judgment(1, (a,), (b,), (c,), (d,)), judgment(2, (a,), (c,), (b,), (d,)))
    found = list(judged_replies(judged, EncodingSettings(id="e", margin=0.5)))
    rows = [row for row in found if isinstance(row, UnpairedRow)]
    texts = {r.text: r.id for r in CASE.responses}
    told = {texts[row.completion[0].content]: row.label for row in rows if row.case == CASE.id}
    assert told == {a: True, d: False}
    left = [row for row in found if isinstance(row, FailedRow) and row.of == CASE.id]
    assert [row.reason for row in left] == ["too_close", "too_close"]


def test_the_constitution_holds_adopted_and_contested_clauses_marked(run: RunFolder) -> None:
    found = json.loads((run.encoding / "constitution.json").read_text())
    wanted = {r.clause: r.status for r in run.rulings() if r.status in {"adopted", "contested"}}
    assert {p["clause_id"]: p["status"] for p in found["principles"]} == wanted
    assert found["simulated"] is True
    for principle in found["principles"]:
        assert principle["principle"] in principle["critique_request"]


def test_nothing_in_the_encoding_holds_a_time(run: RunFolder) -> None:
    started = run.manifest().circumstances.started[:10]
    for path in run.encoding.rglob("*"):
        if path.is_file():
            assert started.encode() not in path.read_bytes()
