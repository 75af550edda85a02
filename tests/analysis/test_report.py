"""What the page of a run says, read as HTML without a browser."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reported import ASSEMBLY, HOSTILE, tainted

from deliberation.analysis.report import gather, render, write_report
from deliberation.analysis.report.drawing import alluvial
from deliberation.analysis.report.links import outside, within
from deliberation.errors import ConfigError
from deliberation.records.events import Polled, Spoke
from deliberation.records.files import read_json, write_records
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings
from deliberation.study import stored_settings
from deliberation.study.imports import import_record
from deliberation.study.transcripts import read_transcript


class Read(HTMLParser):
    """Elements and words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside.removeprefix(tag)

    def handle_data(self, data: str) -> None:
        if self._inside not in {"script", "style"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def having(self, class_: str) -> list[dict[str, str]]:
        return [attributes for _, attributes in self.elements if class_ in attributes.get("class", "").split()]


@pytest.fixture(scope="module")
def page(run: RunFolder, small: Settings) -> str:
    return render(gather(run, small))


@pytest.fixture(scope="module")
def read(page: str) -> Read:
    return Read(page)


@pytest.fixture(scope="module")
def nasty(run: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> Read:
    folder = tainted(run, tmp_path_factory.mktemp("hostile") / "run")
    return Read(render(gather(folder, stored_settings(folder.path))))


def test_it_says_first_of_all_that_nobody_took_part(read: Read) -> None:
    assert len(read.having("banner")) == 1
    assert read.text.index("SIMULATED. No person took part.") < read.text.index("Rulings")
    assert "It is no evidence of what people think" in read.text


def test_the_same_run_gives_the_same_bytes_and_holds_no_time(page: str, run: RunFolder, small: Settings) -> None:
    assert render(gather(run, small)) == page
    circumstances = run.manifest().circumstances
    assert circumstances.started not in page
    assert str(circumstances.ended) not in page


def test_every_clause_has_a_card_with_its_ruling_in_words(read: Read, run: RunFolder) -> None:
    assert {card["id"] for card in read.having("card")} == {clause.id for clause in run.clauses()}
    for clause in run.clauses():
        assert clause.text in read.text
    statuses = Counter(ruling.status for ruling in run.rulings())
    for status, number in statuses.items():
        assert len([c for c in read.having("card") if status in c["class"].split()]) == number


def test_support_and_its_interval_are_those_of_the_ruling(read: Read, run: RunFolder) -> None:
    labels = " ".join(svg.get("aria-label", "") for svg in read.of("svg"))
    for ruling in run.rulings():
        if ruling.support is not None and ruling.interval is not None:
            low, high = ruling.interval
            assert f"Support {ruling.support:.0%}, {ruling.level:.0%} interval {low:.0%} to {high:.0%}" in labels


def test_each_link_inside_leads_to_exactly_one_place(read: Read) -> None:
    from urllib.parse import unquote

    ids = Counter(attributes["id"] for _, attributes in read.elements if "id" in attributes)
    assert max(ids.values()) == 1
    targets = {unquote(a["href"][1:]) for a in read.of("a") if a["href"].startswith("#")}
    assert targets <= set(ids)


def test_each_sentence_that_a_clause_rests_on_is_in_the_transcript_that_it_links_to(
    run: RunFolder, small: Settings
) -> None:
    found = gather(run, small)
    turns = {turn.anchor: turn.text for s in found.sittings for block in s.blocks for turn in block.turns}
    checked = 0
    for card in found.cards:
        for said in (*card.supporting.first, *card.supporting.others, *card.dissenting.first, *card.dissenting.others):
            assert said.place.href is not None
            assert said.text in turns[said.place.href[1:]]
            checked += 1
    assert checked == sum(len(clause.sources) for clause in run.clauses())


def test_all_that_was_said_in_the_open_is_on_it(read: Read, run: RunFolder) -> None:
    spoken = [e for panel in run.panels() for e in run.events(panel.assembly) if isinstance(e, Spoke)]
    assert spoken
    assert {e.id for e in spoken} <= {turn["id"] for turn in read.having("turn")}
    for event in spoken:
        assert " ".join(event.text.split()) in read.text


def test_votes_are_listed_under_the_words_of_their_clause(run: RunFolder, small: Settings) -> None:
    texts = {clause.text for clause in run.clauses()}
    for sitting in gather(run, small).sittings:
        [ratified] = [block for block in sitting.blocks if block.title == "Ratification"]
        assert {votes.clause.text for votes in ratified.votes} == texts
        assert sum(len(votes.votes) for votes in ratified.votes) == 6 * len(texts)


def test_opinion_is_counted_member_by_member(run: RunFolder, small: Settings) -> None:
    [first, *_] = gather(run, small).flows
    position = small.question.positions[0].id
    moved: Counter[tuple[bool, bool]] = Counter()
    for panel in run.panels():
        polls: dict[str, list[int]] = {}
        for event in run.events(panel.assembly):
            if isinstance(event, Polled):
                polls.setdefault(event.speaker, []).append(event.ratings[position])
        moved.update((given[0] > 4, given[-1] > 4) for given in polls.values())
    assert first.flows is not None
    assert first.flows[0][0] == moved[True, True]
    assert first.polled == moved.total() == 18


def test_fewer_transcripts_can_be_held_and_the_page_says_so(run: RunFolder, small: Settings) -> None:
    found = gather(run, small, assemblies=1)
    words = Read(render(found)).text
    assert "transcripts of 1 of 3 assemblies" in words
    assert len(found.sittings) == 1
    for clause in run.clauses():  # and none of the sentences is lost
        for source in clause.sources:
            assert " ".join(source.quote.split()) in words


def test_no_transcript_need_be_held(run: RunFolder, small: Settings) -> None:
    assert "0 of 3 assemblies" in Read(render(gather(run, small, assemblies=0))).text
    with pytest.raises(ConfigError, match="--assemblies -1"):
        gather(run, small, assemblies=-1)


def test_the_orders_differ_and_each_is_a_permutation(run: RunFolder, small: Settings) -> None:
    cards = gather(run, small).cards
    for by in range(3):
        assert sorted(card.orders[by] for card in cards) == list(range(len(cards)))
    gaps = [
        max(c.ruling.groups.values()) - min(c.ruling.groups.values())
        for c in sorted(cards, key=lambda c: c.orders[2])
        if c.ruling
    ]
    assert gaps == sorted(gaps, reverse=True)


def test_its_own_script_and_style_are_all_that_it_may_run(page: str, read: Read) -> None:
    [policy] = [m["content"] for m in read.of("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        [text] = re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.DOTALL)
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    assert "unsafe" not in policy


INERT = {"img", "iframe", "object", "embed", "link", "form", "base", "video", "audio", "math", "textarea"}


@pytest.mark.parametrize("which", ["read", "nasty"])
def test_nothing_in_it_loads_or_runs_anything(which: str, request: pytest.FixtureRequest) -> None:
    found: Read = request.getfixturevalue(which)
    assert not {tag for tag, _ in found.elements} & INERT
    assert len(found.of("script")) == len(found.of("style")) == 1
    for tag, attributes in found.elements:
        names = {name for name in attributes if name.startswith("on") or name in {"style", "src", "srcdoc", "action"}}
        assert not names, (tag, attributes)
        if "href" in attributes:
            assert attributes["href"].startswith(("#", "https://", "http://")), attributes


def test_hostile_words_change_no_element_of_the_page(nasty: Read, read: Read) -> None:
    assert len(nasty.of("section")) == len(read.of("section"))
    assert len(nasty.having("card")) == len(read.having("card"))
    assert all(a["href"].startswith("#") for a in nasty.of("a"))  # no address in it is one on the web any more


def test_hostile_words_are_all_there_as_words(nasty: Read) -> None:
    words = "".join(nasty.words)
    assert words.count(HOSTILE) > 200
    assert ASSEMBLY in words
    assert any(ASSEMBLY in turn["id"] for turn in nasty.having("turn"))


WEB = st.sampled_from(["https://example.org", "http://example.org/a?b=c#d", "https://example.org:8080/x"])
NOT_WEB = st.one_of(
    st.sampled_from(
        [
            "javascript:alert(1)", "JaVaScRiPt:alert(1)", " https://example.org", "https://example.org/a b", "data:text/html,x",
            "//example.org", "https:/example.org", "http://", "https://[", "vbscript:x", "file:///etc/hosts", "\x01javascript:x",
            "java\nscript:x", "https://a@b@c", "https://user:word@example.org", "https://example.org/\u202e", "blob:x", "",
        ]
    ),
    st.text(max_size=20).filter(lambda text: not text.lower().startswith("http")),
)  # fmt: skip


@given(WEB)
def test_an_address_on_the_web_is_a_link(url: str) -> None:
    assert outside(url) == url


@given(NOT_WEB)
def test_any_other_address_is_words(url: str) -> None:
    assert outside(url) is None


@given(st.text(max_size=40))
def test_the_address_of_a_place_can_break_out_of_nothing(anchor: str) -> None:
    assert re.fullmatch(r"#[\w.~%-]*", within(anchor), flags=re.ASCII)


FLOWS = st.lists(st.lists(st.integers(0, 500), min_size=3, max_size=3), min_size=3, max_size=3)


@given(FLOWS)
def test_ribbons_carry_all_that_flows_and_bands_fill_their_column(flows: list[list[int]]) -> None:
    drawn = alluvial(flows)
    assert sum(ribbon.members for ribbon in drawn.ribbons) == sum(map(sum, flows))
    for bands in (drawn.left, drawn.right):
        tops = [float(band.top) for band in bands]
        assert tops == sorted(tops)
        if sum(map(sum, flows)):
            assert sum(float(band.height) for band in bands) == pytest.approx(drawn.height - 16, abs=0.1)


def test_an_imported_run_says_that_people_took_part(tmp_path: Path) -> None:
    rows = "speaker,text,time,role\nAnn,It costs too much.,1,member\nBo,<b>So it does.</b>,2,member\n"
    (tmp_path / "talk.csv").write_text(rows, encoding="utf-8")
    import_record(read_transcript(tmp_path / "talk.csv"), tmp_path / "run")
    html = render(gather(RunFolder(tmp_path / "run"), stored_settings(tmp_path / "run")))
    found = Read(html)
    assert "SIMULATED" not in html
    assert "People took part." in found.text
    assert "No clause was put to the vote." in found.text
    assert "<b>So it does.</b>" in found.text


def test_a_run_that_is_not_finished_is_shown_as_far_as_it_is(run: RunFolder, small: Settings, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(run.path, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    manifest = folder.manifest()
    circumstances = manifest.circumstances.model_copy(update={"status": "incomplete"})
    folder.write_manifest(manifest.model_copy(update={"circumstances": circumstances}))
    for name in ("rulings", "ballots", "minorities", "contests", "examples", "cases"):
        (folder.path / f"{name}.jsonl").unlink()
    for file in folder.events_folder.glob("*.ratify.jsonl"):
        file.unlink()
    cut = folder.transcript(manifest.content.assemblies[0])
    cut.write_bytes(cut.read_bytes()[:-2000])
    words = Read(render(gather(folder, small))).text
    assert "The run is incomplete." in words
    assert f"{len(folder.clauses())} not ruled on yet" in words


def test_a_run_that_has_only_begun_is_shown_too(run: RunFolder, small: Settings, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    manifest = run.manifest()
    bare = manifest.content.model_copy(update={"diagnostics": {}, "patterns": {}, "files": {}})
    folder.write_manifest(manifest.model_copy(update={"content": bare}))
    words = Read(render(gather(folder, small))).text
    assert "all 0 assemblies" in words
    write_records(tmp_path / "panels.jsonl", run.panels())
    assert "all 3 assemblies" in Read(render(gather(folder, small))).text


def test_the_page_belongs_to_no_hash_of_the_run(run: RunFolder, small: Settings, tmp_path: Path) -> None:
    path, _ = write_report(run, small, to=tmp_path / "page.html")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "report.html" not in run.hashes()
    assert read_json(run.path / "manifest.json")["content"]["files"] == run.hashes()
