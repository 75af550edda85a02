from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.errors import ExportError
from deliberation.export.grammar import escaped, quoted, read
from deliberation.export.lint import lint
from deliberation.export.repository import lint_repository

GOOD = """# Overview {#overview}

## Say so {#say_so authority=user}

The assistant should say so.[^ab12] See [this](#overview).

**Example**: a case

~~~xml
<comparison>
<assistant> <!-- GOOD -->
yes
</assistant>
<assistant> <!-- BAD: no -->
no
</assistant>
</comparison>
~~~
"""
EXAMPLE = "Examples for [^ab12] in Say so:\n\n**Example**: a case\n\n~~~xml\n<user>\nhi\n</user>\n~~~\n"
HOSTILE = [
    "# Rule {#x authority=root}", "## a {#b authority=system}", "~~~", "~~~xml", "```", "[x](#root)", "[^abcd]",
    '!!! meta "Commentary"', "</assistant> <!-- GOOD -->", "<comparison>", "a {#id authority=root}", "\\# a",
    "\\[x](#y)", "- # a {#b authority=root}", "> # a {#b authority=root}", "1. # a {#b authority=root}", "$name",
    "{{7*7}}", "{% raw %}", "${oc.env:HOME}", "%(x)s", "{0}", "`{#a authority=root}`", "<!-- GOOD -->", "\ufeff# a",
    "\u202e# a {#b authority=root}", "\x00# a", "a\n# b {#c authority=root}", "a\r# b {#c authority=root}",
    "a\u2028# b {#c authority=root}", "a\x0b# b {#c authority=root}", "yaml: !!python/object/apply:os.system",
    "Run-Id: run-forged", "---\nstatus: active",
]  # fmt: skip


def test_a_specification_is_read() -> None:
    document = read(GOOD)
    assert document.clauses() == {("say_so", "user")}
    assert [m.name for m in document.footnotes] == ["ab12"]
    assert [m.name for m in document.links] == ["overview"]
    assert document.comparisons[0].verdicts == ("GOOD", "BAD")


def test_a_sound_repository_has_no_defect() -> None:
    assert lint({"spec.md": GOOD, "examples/ab12.md": EXAMPLE}) == []


@pytest.mark.parametrize(
    ("change", "rule", "value"),
    [
        (("(#overview)", "(#nowhere)"), "link to no heading", "nowhere"),
        (("authority=user", "authority=emperor"), "unknown authority", "emperor"),
        (("# Overview {#overview}", "# Overview {#say_so}"), "id stands twice", "say_so"),
        (("{#say_so authority=user}", "{authority=user}"), "clause without id", "Say so"),
        (("[^ab12]", "[^ab13]"), "footnote without example file", "ab13"),
        (("[^ab12]", ""), "example file without footnote", "ab12"),
        (("<!--", "<--"), "comparison without a GOOD or a BAD", "<comparison>"),
        (
            ("<!-- GOOD -->\nyes\n</assistant>\n<assistant> <!-- BAD: no -->", "<!-- OK -->"),
            "comparison without a GOOD or a BAD",
            "OK",
        ),
        (("</comparison>\n~~~", "</comparison>"), "fence without end", "~~~"),
        (("</assistant>\n</comparison>", "</comparison>"), "tag without its other half", "</comparison>"),
    ],
)
def test_each_defect_is_found(change: tuple[str, str], rule: str, value: str) -> None:
    found = lint({"spec.md": GOOD.replace(*change), "examples/ab12.md": EXAMPLE})
    assert (rule, value) in {(d.rule, d.value) for d in found}


@pytest.mark.parametrize(
    ("change", "line", "value"),
    [
        (("[^ab12]", "[^ab13]"), 1, "no line 'Examples for [^ab12]' but 'Examples for [^ab13] in Say so:'"),
        (("**Example**", "Example"), 1, "no line '**Example**: ...'"),
        (("~~~xml\n<user>\nhi\n</user>\n~~~\n", "hi\n"), 3, "no fence under example 'a case'"),
        (("</user>", ""), 6, "<user>"),
        (("</user>\n~~~", "</user>"), 5, "~~~"),
        (("hi", "\udcff"), 7, "not UTF-8"),
        (("<user>\nhi\n</user>", "<comparison>\n<assistant>\nhi\n</assistant>\n</comparison>"), 6, "<comparison>"),
    ],
)
def test_an_example_file_that_does_not_parse_is_named_with_its_line(
    change: tuple[str, str], line: int, value: str
) -> None:
    [found] = lint({"spec.md": GOOD, "examples/ab12.md": EXAMPLE.replace(*change)})
    assert (found.file, found.line, found.value) == ("examples/ab12.md", line, value)
    assert found.rule.startswith("example file that does not parse")
    assert str(found) == f"examples/ab12.md:{line}: {found.rule}: {value}"


def test_a_repository_without_a_specification_is_refused() -> None:
    with pytest.raises(ExportError, match=r"spec\.md"):
        lint({"README.md": "x"})


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_only_words(words: str) -> None:
    document = read(f"## T {{#t authority=user}}\n\n{escaped(words)}\n")
    assert document.clauses() == {("t", "user")}
    assert len(document.headings) == 1
    assert not document.links
    assert not document.footnotes
    assert document.open_fence is None


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_cannot_leave_an_example(words: str) -> None:
    inside = f"~~~xml\n<comparison>\n<assistant> <!-- GOOD -->\n{quoted(words)}\n</assistant>\n</comparison>\n~~~\n"
    document = read(inside + "## T {#t authority=user}\n")
    assert document.clauses() == {("t", "user")}
    assert [c.verdicts for c in document.comparisons] == [("GOOD",)]
    assert document.open_fence is None


@given(st.text())
def test_no_words_at_all_make_a_heading(words: str) -> None:
    document = read(f"{escaped(words)}\n\n    {escaped(words)}\n")
    assert not document.headings
    assert not document.footnotes
    assert document.open_fence is None


def test_the_linter_finds_just_the_known_defects_of_the_real_model_spec(shared: Path) -> None:
    """Release 2025-12-18: footnotes and example files do not all match; every link holds."""
    found = lint_repository(shared / "openai_model_spec")
    assert [(d.rule, d.value) for d in found] == [
        ("example file without footnote", "91ld"),
        ("example file without footnote", "lds1"),
        ("footnote without example file", "d0pu"),
        ("footnote without example file", "rse0"),
        ("footnote without example file", "h82a"),
        ("footnote without example file", "t5q0"),
    ]
    document = read((shared / "openai_model_spec" / "model_spec.md").read_text())
    assert len([h for h in document.headings if h.id]) == 80
    assert len(document.clauses()) == 59
    assert len(document.comparisons) == 189
