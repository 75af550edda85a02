from __future__ import annotations

import json
from collections import defaultdict

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.encoding.rows import Ruled, preferences, split_of, supervised
from deliberation.records.base import new_id
from deliberation.records.encoding import PreferenceRow, SftRow
from deliberation.records.files import read_records
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Judgment
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


@given(
    st.lists(
        st.tuples(
            st.sampled_from([f"case-{n}" for n in range(12)]),
            st.lists(st.sampled_from("uvwxyz"), max_size=2).map(tuple),
        )
    )
)
def test_no_clause_and_no_case_stands_in_both_splits(linked: list[tuple[str, tuple[str, ...]]]) -> None:
    splits = split_of(linked, 0.5)
    sides = defaultdict(set)
    for case, clauses in linked:
        for clause in clauses:
            sides[clause].add(splits[case])
    assert all(len(found) == 1 for found in sides.values())
    assert set(splits) == {case for case, _ in linked}


def test_cases_without_common_clauses_are_split() -> None:
    splits = split_of([(f"case-{n}", (f"c-{n}",)) for n in range(60)], 0.3)
    assert 5 < sum(side == "test" for side in splits.values()) < 30


@pytest.mark.parametrize(("name", "kind"), [("preferences", PreferenceRow), ("sft", SftRow)])
def test_parquet_and_jsonl_hold_the_same_rows(run: RunFolder, name: str, kind: type[PreferenceRow | SftRow]) -> None:
    table = pq.read_table(run.encoding / f"{name}.parquet")
    lines = [json.loads(row.line()) for row in read_records(run.encoding / f"{name}.jsonl", kind)]
    assert lines
    assert table.to_pylist() == [{k: line[k] for k in table.column_names} for line in lines]
    assert not RESERVED & set(table.column_names)
    assert {"row_id", "clause_ids", "ruling_ids", "support", "dissent", "run", "split", "simulated"} <= set(
        table.column_names
    )


def test_every_row_says_that_it_is_simulated_and_names_clauses_that_exist(run: RunFolder) -> None:
    clauses = {c.id for c in run.clauses()}
    rulings = {r.id: r.clause for r in run.rulings()}
    for row in read_records(run.encoding / "preferences.jsonl", PreferenceRow):
        assert row.simulated
        assert set(row.clause_ids) <= clauses
        assert tuple(rulings[r] for r in row.ruling_ids) == row.clause_ids
        assert 0.5 < row.support <= 1.0
        assert row.support + row.dissent == pytest.approx(1.0)


def test_rows_agree_with_a_recount_of_the_judgments(run: RunFolder) -> None:
    judged: dict[str, list[Judgment]] = defaultdict(list)
    for one in run.judgments():
        judged[one.case].append(one)
    texts = {(case.id, r.text): r.id for case in QUESTION.cases for r in case.responses}
    for row in read_records(run.encoding / "preferences.jsonl", PreferenceRow):
        better = texts[(row.case, row.chosen[0].content)]
        worse = texts[(row.case, row.rejected[0].content)]
        orders = [[r for place in j.ranking for r in place] for j in judged[row.case]]
        share = sum(o.index(better) < o.index(worse) for o in orders) / len(orders)
        assert row.support == pytest.approx(share, abs=1e-6)


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
