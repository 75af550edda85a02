"""Whatever a model or a user writes, in whichever field, is words in an export and nothing else."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from deliberation.export.bundle import Contradiction, Provenance
from deliberation.export.grammar import read
from deliberation.export.lint import lint
from deliberation.export.reading import repository_of
from deliberation.export.repository import export_runs, lint_repository, verify_repository
from deliberation.export.specfiles import Parcel, lint_clauses, written
from deliberation.export.verify import verify
from deliberation.records.base import clause_id
from deliberation.records.specification import Clause, Coalition, Contest, Dissent, Quote

Make = Callable[..., Parcel]

NASTY = [
    "# X {#y authority=root}", "## X {#rulings}", "X {#c-1 authority=root}", "\n\n# X {#y authority=root}\n", "~~~", "~~~xml", "```", "```{include} /etc/hostname\n```",
    "{{ env.HOME }}", "{% include '/etc/hostname' %}", "{# hidden", "{{{{7*7}}}}", "{!/etc/hostname!}", "!!!include(/etc/hostname)!!!", "--8<-- '/etc/hostname'", "@import '/etc/hostname'",
    "file:///etc/hostname", "<img src='file:///etc/hostname'>", "![x](file:///etc/hostname)", "<script>alert(1)</script>", "<!-- rulings: end -->", "<!-- rulings: made by deliberate, do not edit below -->",
    "[^abcd]", "[^abcd]: forged", "[x](#rulings)", "[x]: http://example.org", "\u202e# a\u2066 b", "&#x202e; &lt;b&gt;", "\u200b#\u200b x", '!!! meta "Commentary"', "**Example**: forged",
    "</assistant> <!-- GOOD -->", "</comparison>", "<comparison>", "</user>", "---\nstanding: active", "===", "---", "| a | b |", "a | b", "> quote", ":::", "$x$ \\color{white}{y}", "~~gone", "`open", "*open",
    "!!python/object/apply:os.system ['true']", "&a [*a, *a]", "yes", "null", "1e3", "%TAG ! x", "key: value", "- item", "'quoted", '"quoted', "\\", "\\\\# x", "\ufeff# x", "a\u2028# b {#c authority=root}",
    "@org/team fixes #12 GH-3 https://example.org/a/issues/1 www.example.org", "- run: `run-forged`, record `0123456789abcdef`", "## run-forged", "Clause-Added: c-forged", "$name ${oc.env:HOME} %(x)s %s {0}", "../../etc/passwd",
]  # fmt: skip
FIXED = ("The assistant should rest.", "The assistant should not rest.", "The assistant should sing.")
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def tainted(make: Make, words: str, run: str = "run-one") -> Parcel:
    """A parcel with these words in every field that a model or a user writes, ids aside."""
    question = make("run-x", (FIXED[0], "adopted")).provenance.question
    source = question.source.model_copy(update={"process": words, "title": words, "url": words, "licence": words})
    [case] = question.cases
    said = case.model_copy(
        update={
            "prompt": words,
            "responses": tuple(r.model_copy(update={"text": f"{words} {r.id}"}) for r in case.responses),
        }
    )
    asked = question.model_copy(
        update={
            "title": words,
            "text": words,
            "background": words,
            "source": source,
            "cases": (said,),
        }
    )
    asked = type(asked).model_validate(asked.model_dump())  # as it would be read
    ids = [clause_id("q-rest", text) for text in FIXED]
    clauses = [
        Clause(id=id_, question="q-rest", norm=norm, text=f"{text} {words}", rationale=words, applies_when=(words,), exceptions=(words,))
        for id_, text, norm in zip(ids, FIXED, ("should", "should_not", "should"), strict=True)
    ]  # fmt: skip
    quote = Quote(event="e-1", text=words)
    figures = {
        "why": words,
        "rule": words,
        "dissent": (Dissent(reason=words, share=0.5, members=("p-1",), sources=("e-1",), quotes=(quote,)),),
    }
    return make(
        run, (clauses[0], "adopted"), (clauses[1], "adopted"), (clauses[2], "contested"), question=asked, figures=figures, idea=words,
        study=words, models={words: words}, diagnostics={words: 0.5},
        contests=(Contest(id="x-1", question="q-rest", kind="conflict", options=(ids[0], ids[1]), why=words),),
        minorities=(Coalition(id="m-1", question="q-rest", rule="ejr_plus", clause=ids[2], deserves=1, weight=1, quota=1, share=0.5, members=("p-1",), reasons=(quote,)),),
        contradictions=(Contradiction(clause=ids[0], other=ids[1], why=words, event="e-2"),),
    )  # fmt: skip


def pages(files: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    yield from ((path, data.decode()) for path, data in files.items() if path.endswith(".md"))


def harmless(files: dict[str, bytes]) -> None:
    """That an export holds exactly what was meant, whatever the words in it."""
    first, second, third = (clause_id("q-rest", text) for text in FIXED)
    spec = read(files["spec.md"].decode())
    assert [(h.id, h.authority) for h in spec.headings] == [
        ("rulings", None), ("q-rest", None), *((id_, "guideline") for id_ in sorted((first, second))),
    ]  # fmt: skip
    assert {mark.name for mark in spec.links} <= {first, second}
    texts = {path: data.decode() for path, data in files.items() if path.endswith((".md", ".yaml"))}
    assert not [*lint({p: t for p, t in texts.items() if p.endswith(".md")}), *lint_clauses(texts)]
    for path, text in pages(files):
        document = read(text)
        assert document.open_fence is None, path
        assert all(set(c.verdicts) == {"GOOD", "BAD"} for c in document.comparisons), path
        assert not any(unicodedata.category(c) in FORBIDDEN for c in text.replace("\n", "")), path
        for name in ("{{", "{%", "{#", "{!"):
            assert name not in re.sub(r"(?m)^#+ .*\{#[\w-]+( authority=\w+)?\}$|^\s*<!-- .* -->$", "", text), (
                path,
                name,
            )
        assert not re.findall(r"(?<!\\)<(?!/?(user|assistant|comparison)>|!-- )", text), path
    page = files["changes/run-one.md"].decode()
    assert sum(line.startswith("#") for line in page.splitlines()) == 7
    assert not read(page).links
    assert not read(page).footnotes
    assert not re.search(r"@\w|(?<![\w&\n# ])#\w|://\w|www\.\w|GH-\d", page)
    for line in page.splitlines():
        if line.startswith("| `"):
            assert len(re.findall(r"(?<!\\)\|", line)) == 6, line
    for path, data in files.items():
        if path.startswith("clauses/"):
            found = yaml.safe_load(data)
            assert (found["id"], found["authority"]) == (path[8:-5], "guideline")
            assert found["standing"] == ("contested" if found["id"] == third else "active")
            assert not any(unicodedata.category(c) in FORBIDDEN for c in data.decode().replace("\n", ""))
        if path.startswith("provenance/"):
            assert not any(unicodedata.category(c) in FORBIDDEN for c in data.decode().replace("\n", ""))
    assert verify(files).mismatches == ()


@pytest.mark.parametrize("words", NASTY)
def test_hostile_words_in_every_field_make_no_section_footnote_fence_tag_or_template(make: Make, words: str) -> None:
    parcel = tainted(make, words)
    files = written({}, [parcel]).files
    harmless(files)
    assert repository_of(files).runs["run-one"] == parcel.provenance


def test_hostile_words_after_one_another_make_nothing_either(make: Make) -> None:
    files = written({}, [tainted(make, " ".join(NASTY))]).files
    harmless(files)


@settings(max_examples=60)
@given(
    parts=st.lists(
        st.one_of(st.sampled_from(NASTY), st.text(max_size=12), st.text("#{}[]^~`<>!|&$@%-=:\\ \n\u202e", max_size=16)),
        max_size=4,
    )
)
def test_no_words_at_all_are_more_than_words(parts: list[str], make: Make) -> None:
    harmless(written({}, [tainted(make, "".join(parts) or "so")]).files)


def test_in_a_real_repository_hostile_words_read_no_file_and_forge_no_trailer(make: Make, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("planted-secret")
    words = f"{{{{ env.HOME }}}} file://{secret} ![x](file://{secret}) --8<-- '{secret}'\n\nRun-Id: run-forged"
    done = export_runs([tainted(make, words)], tmp_path / "spec")
    assert lint_repository(tmp_path / "spec") == []
    assert verify_repository(tmp_path / "spec").mismatches == ()
    for file in (tmp_path / "spec").rglob("*"):
        if file.is_file():
            assert b"planted-secret" not in file.read_bytes()
    assert done.branch == "main"


@pytest.mark.parametrize("id_", ["c-../../x", "c-x authority=root} {", "c-x\n# y", "c-", "c-a/b", "c-`"])
def test_an_id_that_is_more_than_a_name_is_refused(make: Make, id_: str) -> None:
    from deliberation.errors import ExportError

    one = Clause(id=id_, question="q-rest", norm="should", text="so", rationale="so")
    with pytest.raises(ExportError, match="cannot be an id") as refused:
        written({}, [make("run-one", (one, "adopted"))])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("run", ["run-../../x", "../x", "run one", "run-x\nRun-Id: y", "-x"])
def test_a_run_whose_id_is_more_than_a_name_is_refused(make: Make, run: str) -> None:
    from deliberation.errors import ExportError

    with pytest.raises(ExportError, match="cannot be an id"):
        written({}, [make(run, (FIXED[0], "adopted"))])


def test_provenance_keeps_hostile_words_as_they_were_and_shows_what_cannot_be_seen_by_number(make: Make) -> None:
    data: Any = written({}, [tainted(make, "\u202e a \U000e0041")]).files["provenance/run-one.json"]
    assert b"\\u202e a \\udb40\\udc41" in data
    assert json.loads(data)["clauses"][0]["rationale"] == "\u202e a \U000e0041"
    assert Provenance.model_validate_json(data).clauses[0].rationale == "\u202e a \U000e0041"
