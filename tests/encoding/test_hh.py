from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.encoding.hh import can_tell, pair_of, read_pairs, told
from deliberation.encoding.rows import preferences, unpaired
from deliberation.encoding.sources import Given, NotAPair, Pair, Ruled
from deliberation.errors import DataError
from deliberation.records.encoding import FailedRow, Message, PreferenceRow, UnpairedRow
from deliberation.settings import EncodingSettings, Settings

QUESTION = Settings.bundled().question


def line(chosen: str, rejected: str) -> str:
    return json.dumps({"chosen": chosen, "rejected": rejected})


ASKED = "\n\nHuman: hi\n\nAssistant: hello\n\nHuman: and?\n\nAssistant:"


def test_the_real_file_parses_but_for_five_lines_that_are_reported(shared: Path) -> None:
    path = shared / "hh_rlhf" / "harmless-base_test.jsonl.gz"
    found = list(read_pairs(path))
    broken = [one for one in found if isinstance(one, NotAPair)]
    assert (len(found), len(broken)) == (2312, 5)
    assert {one.problem for one in broken} == {"the two differ before the last turn"}
    assert all(one.line > 0 for one in broken)


def test_a_real_pair_is_told_again_letter_by_letter(shared: Path) -> None:
    path = shared / "hh_rlhf" / "harmless-base_test.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as source:
        texts = {n: json.loads(text) for n, text in enumerate(source, start=1)}
    for one in read_pairs(path):
        if isinstance(one, Pair):
            assert told(one.prompt, one.chosen).rstrip() == texts[one.line]["chosen"].rstrip()
            assert told(one.prompt, one.rejected).rstrip() == texts[one.line]["rejected"].rstrip()


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5).filter(lambda t: len(t) % 2 == 1), st.text(), st.text())
def test_any_dialogue_that_can_be_told_is_read_back(turns: list[str], chosen: str, rejected: str) -> None:
    prompt = tuple(Message(role="assistant" if n % 2 else "user", content=t) for n, t in enumerate(turns))
    if can_tell([*turns, chosen, rejected]):
        back = pair_of(1, line(told(prompt, chosen), told(prompt, rejected)))
        assert back == Pair(1, prompt, chosen, rejected)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "chosen is no text"),
        ('{"chosen": "\\n\\nHuman: a\\n\\nAssistant: b"}', "rejected is no text"),
        (line("Human: hi", "Human: hi"), "chosen does not begin with a turn of the human"),
        (line(f"{ASKED} a", "\n\nHuman: hi"), "rejected does not end in a turn of the assistant"),
        (line(f"{ASKED} a", "\n\nHuman: hi\n\nAssistant: b"), "the two differ before the last turn"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_pair_is_told_with_its_number(text: str, problem: str) -> None:
    assert pair_of(7, text) == NotAPair(7, problem)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    torn = tmp_path / "torn.jsonl.gz"
    torn.write_bytes(gzip.compress(b"x" * 10_000)[:30])
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes("é\n".encode("latin-1"))
    for path in (torn, latin, tmp_path / "absent.jsonl"):
        with pytest.raises(DataError, match=path.name):
            list(read_pairs(path))


def mixed(*lines: str) -> Ruled:
    return Ruled(
        QUESTION, (), {}, "run-x", simulated=True,
        given=Given("given-0123", lambda: [pair_of(n, text) for n, text in enumerate(lines, start=1)]),
    )  # fmt: skip


def test_given_pairs_are_mixed_in_and_marked_as_not_simulated() -> None:
    how = EncodingSettings(id="e", mix="pairs.jsonl", test_share=0.0)
    found = list(preferences(mixed(line(f"{ASKED} a", f"{ASKED} b"), "{"), how))
    [row] = [one for one in found if isinstance(one, PreferenceRow)]
    assert (row.basis, row.simulated, row.origin, row.clause_ids) == ("given", False, "given-0123", ())
    assert (row.soft_label, row.support, row.split) == (None, None, "train")
    assert [turn.role for turn in row.prompt] == ["user", "assistant", "user"]
    [broken] = [one for one in found if isinstance(one, FailedRow) and one.reason == "not_a_pair"]
    assert broken.of == "given-0123 line 2"
    labels = [
        one.label for one in unpaired(mixed(line(f"{ASKED} a", f"{ASKED} b")), how) if isinstance(one, UnpairedRow)
    ]
    assert labels == [True, False]


def test_a_question_that_is_held_out_for_testing_has_no_given_pairs() -> None:
    how = EncodingSettings(id="e", mix="pairs.jsonl", test_share=1.0)
    found = list(preferences(mixed(line(f"{ASKED} a", f"{ASKED} b")), how))
    assert not [one for one in found if isinstance(one, PreferenceRow)]
    assert [one.reason for one in found if isinstance(one, FailedRow) and one.of == "given-0123"] == ["held_out"]
