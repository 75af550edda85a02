"""Minority reports: whom the adopted clauses leave out, on textbook profiles."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.records.base import new_id
from deliberation.records.specification import Ballot, Coalition, Quote, Ruling
from deliberation.specification.dissenters import coalitions


def ruling(clause: str, *, adopted: bool) -> Ruling:
    return Ruling(
        id=new_id("r", clause), clause=f"c-{clause}", question="q-x", status="adopted" if adopted else "rejected",
        rule="majority", support=None, interval=None, level=None, turnout=1.0, groups={}, stability=None,
        sensitivity={}, dissent=(), why="",
    )  # fmt: skip


def ballots(approvals: Sequence[str], clauses: str, weights: Sequence[float] = (1.0,)) -> list[Ballot]:
    """One string of letters a voter, two voters an assembly; what a voter does not approve it opposes."""
    return [
        Ballot(
            id=new_id("b", n, c), assembly=f"a-{n // 2}", member=f"p-{n}", clause=f"c-{c}",
            choice="support" if c in approves else "oppose", rating=None, reason=f"{n} on {c}",
            weight=weights[n % len(weights)], group="x", event=f"e-{n}-{c}",
        )
        for n, approves in enumerate(approvals) for c in clauses
    ]  # fmt: skip


def reports(approvals: Sequence[str], clauses: str, adopted: str, **how: Sequence[float]) -> list[Coalition]:
    rulings = [ruling(c, adopted=c in adopted) for c in clauses]
    return coalitions(rulings, ballots(approvals, clauses, **how), run="run-x")


def test_approval_voting_can_leave_a_voter_out_who_deserves_a_seat() -> None:
    """Aziz et al. (2017), theorem 3: of three voters one approves of w alone, two of x, y and z; k = 3 and x, y, z win.

    The first is n / k = 1 voter with nothing, and so names w.
    """
    [found] = reports(["w", "xyz", "xyz"], "wxyz", "xyz")
    assert found == Coalition(
        id=new_id("m", "run-x", "justified_representation", "c-w"), question="q-x", rule="justified_representation",
        clause="c-w", deserves=1, weight=1.0, quota=1.0, share=0.333333, members=("p-0",),
        reasons=(Quote(event="e-0-w", text="0 on w"),),
    )  # fmt: skip
    assert reports(["w", "xyz", "xyz"], "wxyz", "wxy") == []


def test_a_party_of_half_the_voters_deserves_half_of_the_clauses() -> None:
    """Lower quota of party lists (Brill, Laslier and Skowron 2018): 4 of 8 for a and b, of four seats they have one.

    Nobody in it has nothing, so justified representation holds, but each of them has fewer than two.
    """
    [found] = reports(["ab"] * 4 + ["c", "d", "e", "f"], "abcdef", "acde")
    assert (found.rule, found.clause, found.deserves) == ("ejr_plus", "c-b", 2)
    assert (found.weight, found.quota, found.share) == (4.0, 2.0, 0.5)
    assert found.members == ("p-0", "p-1", "p-2", "p-3")
    assert found.reasons == tuple(Quote(event=f"e-{n}-b", text=f"{n} on b") for n in range(3))  # the first three


def test_who_lacks_a_first_and_a_second_clause_is_reported_for_each() -> None:
    """All of a and b with 4 of 8 and nothing: one seat by JR, and both by EJR+; each names a clause once."""
    found = reports(["ab"] * 4 + ["cdef"] * 4, "abcdef", "cdef")
    assert {(r.rule, r.clause, r.deserves) for r in found} == {
        ("justified_representation", "c-a", 1), ("justified_representation", "c-b", 1),
        ("ejr_plus", "c-a", 2), ("ejr_plus", "c-b", 2),
    }  # fmt: skip
    assert len({r.id for r in found}) == 4


def test_who_is_one_too_few_deserves_nothing() -> None:
    assert reports(["w"] + ["xyz"] * 3, "wxyz", "xyz") == []
    assert [r.clause for r in reports(["w"] + ["xyz"] * 2, "wxyz", "xyz")] == ["c-w"]


def test_weights_make_a_coalition_large_enough() -> None:
    """One of four voters weighs 2 of 6, which is a third and a seat of three."""
    votes = ["w", "xyz", "xyz", "xyz"]
    assert reports(votes, "wxyz", "xyz") == []
    [found] = reports(votes, "wxyz", "xyz", weights=(2.0, 1.0, 2.0, 1.0))
    assert (found.weight, found.quota, found.share) == (2.0, 2.0, 0.333333)


def test_where_nothing_is_adopted_or_nobody_voted_there_is_no_report() -> None:
    assert reports(["a", "b"], "ab", "") == []
    assert coalitions([ruling("a", adopted=True)], [], run="run-x") == []
    assert coalitions([], [], run="run-x") == []


def test_voters_of_several_assemblies_stand_together_and_only_words_are_quoted() -> None:
    votes = [
        b.model_copy(update={"reason": "it is mine" if b.member in {"p-0", "p-3"} else ""})
        for b in ballots(["w", "xyz", "xyz", "w", "xyz", "xyz"], "wxyz")
    ]
    [found] = coalitions([ruling(c, adopted=c in "xyz") for c in "wxyz"], votes, run="run-x")
    assert found.members == ("p-0", "p-3")
    assert found.reasons == (Quote(event="e-0-w", text="it is mine"),)  # the same words once


def test_the_heaviest_coalitions_come_first_and_twenty_at_most() -> None:
    names = "abcdefghijklmnopqrstuvwxyz"
    votes = [*names, "a"]
    found = reports(votes, names + "A", "A")
    assert found == []  # one seat is a share of all
    several = reports(votes, names + "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0")
    assert [r.clause for r in several] == ["c-a"]  # 2 of 27 with 26 seats; one alone is less than 27 / 26
    many = reports([*names], names + "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert len(many) == 20


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_ballots_does_not_matter(order: int) -> None:
    rulings = [ruling(c, adopted=c in "cdef") for c in "abcdef"]
    cast = ballots(["ab"] * 4 + ["cdef"] * 4, "abcdef")
    assert coalitions(rulings, cast[::order], run="run-x") == coalitions(rulings, cast, run="run-x")


@given(st.lists(st.sets(st.sampled_from("abcd")), min_size=1, max_size=8), st.sets(st.sampled_from("abcd"), min_size=1))
def test_every_report_is_of_voters_who_approve_have_too_little_and_are_enough(
    approvals: list[set[str]], adopted: set[str]
) -> None:
    """By the definition: l quotas approve of the clause, and each of them of fewer than l adopted ones."""
    told = reports(["".join(a) for a in approvals], "abcd", "".join(adopted))
    quota = len(approvals) / len(adopted)
    for report in told:
        members = [n for n, _ in enumerate(approvals) if f"p-{n}" in report.members]
        assert report.clause[2:] not in adopted
        assert all(report.clause[2:] in approvals[n] and len(approvals[n] & adopted) < report.deserves for n in members)
        assert len(members) >= report.deserves * quota - 1e-9
    for clause in set("abcd") - adopted:
        left = [n for n, a in enumerate(approvals) if clause in a and not a & adopted]
        violated = len(left) > 0 and len(left) >= quota
        assert violated == any(r.clause == f"c-{clause}" and r.rule == "justified_representation" for r in told)
