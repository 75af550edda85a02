"""The page of a run in a real browser: headless Chromium, from a file, without a network.

Skipped where playwright (the extra `browser`) or Chromium is missing.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from reported import ASSEMBLY, HOSTILE, tainted

from deliberation.analysis.report import gather, render, write_report
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings
from deliberation.study import stored_settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

FOUND = re.compile(r"^\d+ found$")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (the extra `browser`)")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the PATH")


class Opened(NamedTuple):
    """A page with all that it asked for, said and put before its reader."""

    page: Page
    requests: list[str]
    said: list[str]
    dialogs: list[str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


def opened(browser: Browser, file: Path, **how: Any) -> Opened:
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **how})
    context.set_default_timeout(10_000)
    found = Opened(context.new_page(), [], [], [])
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.on("console", lambda message: found.said.append(message.text))
    found.page.on("pageerror", lambda error: found.said.append(str(error)))

    def dismiss(dialog: Dialog) -> None:
        found.dialogs.append(dialog.message)
        dialog.dismiss()

    found.page.on("dialog", dismiss)
    found.page.goto(file.as_uri(), wait_until="load")
    return found


@pytest.fixture(scope="module")
def file(run: RunFolder, small: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, _ = write_report(run, small, to=tmp_path_factory.mktemp("page") / "report.html")
    return path


@pytest.fixture(scope="module")
def nasty(run: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tainted(run, tmp_path_factory.mktemp("hostile") / "run")
    path, _ = write_report(folder, stored_settings(folder.path))
    return path


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    found = opened(browser, file)
    yield found.page
    assert found.requests == [file.as_uri()]
    assert found.said == found.dialogs == []
    found.page.context.close()


def everything(page: Page) -> None:
    """Open, press and search all that can be."""
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    page.evaluate("for (const link of [...document.querySelectorAll('a[href^=\"#\"]')].slice(0, 250)) link.click()")
    page.evaluate("document.querySelector('#person').close()")
    for order in ("agreed", "divisive"):
        page.check(f"input[value={order}]")
    page.fill("#find", "<script>window.ran")
    playwright.expect(page.locator("#found")).to_have_text(FOUND)
    page.press("#find", "Enter")
    page.emulate_media(media="print")
    page.emulate_media(media="screen")


@pytest.mark.parametrize("guarded", [True, False], ids=["as it is", "without its policy"])
def test_hostile_words_stay_words(guarded: bool, nasty: Path, browser: Browser, tmp_path: Path) -> None:
    html = nasty.read_text(encoding="utf-8")
    if not guarded:  # nothing may rest on the policy alone
        html, times = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
        assert times == 1
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    found = opened(browser, tmp_path / "page.html")
    page = found.page
    everything(page)
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert found.requests == [(tmp_path / "page.html").as_uri()]
    assert found.dialogs == found.said == []
    assert page.locator("script").count() == page.locator("style").count() == 1
    assert page.locator("img, iframe, object, embed, link, form, base, math, foreignObject").count() == 0
    assert (
        page.evaluate(
            "[...document.querySelectorAll('body, body *')].filter(e => [...e.attributes].some(a => /^on|^style$|^src/.test(a.name))).length"
        )
        == 0
    )
    page.context.close()


def test_hostile_words_are_shown_as_they_are(nasty: Path, browser: Browser) -> None:
    found = opened(browser, nasty)
    page = found.page
    first = page.locator(".turn.member .words").first
    assert " ".join((first.text_content() or "").split()) == " ".join(HOSTILE.split())
    assert "{{7*7}}" in (page.text_content("h1") or "")
    assert (
        page.locator(".turn").first.evaluate("e => getComputedStyle(e.querySelector('.words')).unicodeBidi")
        == "isolate"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_quotes_lead_to_their_place_even_under_a_hostile_name(nasty: Path, browser: Browser) -> None:
    found = opened(browser, nasty)
    page = found.page
    link = page.evaluate(
        """name => { const links = [...document.querySelectorAll('.card .place')];
        const link = links.find(l => decodeURIComponent(l.hash).includes(name)); link.closest('.rests').open = true;
        for (let b = link.closest('details'); b; b = b.parentElement.closest('details')) b.open = true;
        link.click(); return decodeURIComponent(link.hash.slice(1)); }""",
        ASSEMBLY,
    )
    page.wait_for_selector(".lit")
    assert page.evaluate("document.querySelector('.lit').id") == link
    page.context.close()


def test_the_policy_lets_nothing_else_run_or_leave(browser: Browser, file: Path) -> None:
    found = opened(browser, file)
    page = found.page
    page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)"
    )
    assert page.evaluate("window.ran") is None
    blocked = page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'went', error => error.name)")
    assert blocked == "TypeError"
    assert len([said for said in found.said if "Content Security Policy" in said]) >= 2
    page.context.close()


def test_a_clause_shows_its_sentences_and_each_is_in_the_transcript(page: Page, run: RunFolder) -> None:
    clause = next(c for c in run.clauses() if c.sources)
    card = page.locator(f"#{clause.id}")
    assert not card.locator(".sides").is_visible()
    card.locator("summary").first.click()
    assert card.locator(".sides").is_visible()
    for source in clause.sources:
        quote = (
            card.locator("figure", has=page.locator(f'a.place[href="#{source.event}"]'))
            .filter(has_text=source.quote)
            .first
        )
        assert (quote.locator("blockquote").text_content() or "").split() == source.quote.split()
    place = card.locator("a.place").first
    event = (place.get_attribute("href") or "")[1:]
    place.click()
    turn = page.locator(f"#{event}")
    turn.wait_for(state="visible")
    assert "lit" in (turn.get_attribute("class") or "")
    assert page.evaluate("document.activeElement.id") == event
    assert turn.evaluate("e => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.top < innerHeight; }")
    said = card.locator("blockquote").first.text_content() or ""
    assert said in (turn.text_content() or "")


def test_a_permalink_opens_where_it_leads(browser: Browser, file: Path, run: RunFolder) -> None:
    source = next(c for c in run.clauses() if c.sources).sources[0]
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    page = context.new_page()
    page.goto(f"{file.as_uri()}#{source.event}")
    page.locator(f"#{source.event}").wait_for(state="visible")
    playwright.expect(page.locator(f"#{source.event}")).to_be_in_viewport()
    context.close()


def test_search_finds_counts_and_goes_on(page: Page, run: RunFolder) -> None:
    word = "doctor"
    wanted = page.evaluate(
        "word => [...document.querySelectorAll('#transcript .turn, #transcript .vote')].filter(e => e.textContent.toLowerCase().includes(word)).length",
        word,
    )
    assert wanted > 2
    page.fill("#find", word)
    playwright.expect(page.locator("#found")).to_have_text(FOUND)
    assert page.evaluate("document.querySelector('#found').value") == f"{wanted} found"
    shown = page.evaluate(
        "[...document.querySelectorAll('#transcript .turn, #transcript .vote')].filter(e => !e.hidden).length"
    )
    assert shown == wanted
    assert page.get_attribute("#found", "aria-live") == "polite"
    page.press("#find", "Enter")
    assert page.evaluate("document.querySelector('#found').value") == f"1 of {wanted}"
    page.press("#find", "Enter")
    assert page.evaluate("document.querySelector('#found').value") == f"2 of {wanted}"
    lit = page.locator(".lit")
    assert word in (lit.text_content() or "").lower()
    assert page.evaluate("document.activeElement.id") == "find"
    page.press("#find", "Escape")
    assert page.evaluate("document.querySelector('#found').value") == ""
    assert page.evaluate("document.querySelectorAll('#transcript [hidden]').length") == 0


def test_speakers_and_roles_can_be_picked_out(page: Page) -> None:
    page.select_option("#role", "witness")
    kept = page.evaluate(
        "[...document.querySelectorAll('#transcript .turn')].filter(e => !e.hidden).map(e => e.className)"
    )
    assert kept
    assert all("witness" in name for name in kept)
    page.select_option("#role", "")
    value = page.evaluate("document.querySelector('#who optgroup option').value")
    page.select_option("#who", value)
    whose = page.evaluate(
        "[...new Set([...document.querySelectorAll('#transcript .turn, #transcript .vote')].filter(e => !e.hidden).map(e => e.dataset.who))]"
    )
    assert whose == [value]


def test_a_speaker_can_be_met(page: Page, run: RunFolder) -> None:
    page.locator("#rulings .rests > summary").first.click()
    person = page.locator("#rulings a.person").first
    name = person.text_content() or ""
    person.click()
    card = page.locator("#person")
    assert card.is_visible()
    assert name in (card.text_content() or "")
    page.keyboard.press("Escape")
    assert not card.is_visible()


def test_rulings_can_be_put_in_another_order(page: Page) -> None:
    def order() -> list[str]:
        found: list[str] = page.evaluate("[...document.querySelectorAll('.card')].map(c => c.id)")
        return found

    before = order()
    page.check("input[value=divisive]")
    assert order() != before
    assert sorted(order()) == sorted(before)
    assert page.evaluate("[...document.querySelectorAll('.card')].every((c, i) => Number(c.dataset.divisive) === i)")
    page.check("input[value=ruling]")
    assert order() == before


def test_the_keyboard_alone_reaches_all(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    seen: list[str] = []
    for _ in range(8):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("document.activeElement.tagName + '.' + (document.activeElement.closest('.card')?.id ?? '')")
        )
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert any(one.startswith("SUMMARY.c-") for one in seen)
    page.locator(".rests > summary").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('.rests').open")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "person"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "place"
    page.keyboard.press("Enter")
    page.wait_for_selector(".lit")
    assert page.evaluate("document.activeElement.classList.contains('lit')")


@pytest.mark.parametrize("width", [320, 360, 390, 768])
@pytest.mark.parametrize("hostile", [False, True])
def test_it_fits_a_telephone(width: int, hostile: bool, browser: Browser, file: Path, nasty: Path) -> None:
    found = opened(browser, nasty if hostile else file, viewport={"width": width, "height": 800})
    found.page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    found.page.wait_for_timeout(100)
    assert found.page.evaluate("document.documentElement.scrollWidth") <= width
    found.page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(scheme: str, browser: Browser, file: Path) -> None:
    """At least 4.5 to 1, as WCAG 2.2 asks (success criterion 1.4.3)."""
    found = opened(browser, file, color_scheme=scheme)
    worst = found.page.evaluate(CONTRAST)
    assert worst["ratio"] >= 4.5, worst
    found.page.context.close()


CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, k) => sum + v * [.2126, .7152, .0722][k], 0);
  const behind = e => { for (let b = e; b; b = b.parentElement) { const c = rgb(getComputedStyle(b).backgroundColor);
    if (c[3] > 250) return c; } return [255, 255, 255]; };
  let worst = {ratio: 99};
  for (const e of document.querySelectorAll('main *, header *, .banner *, footer *')) {
    if (e.closest('svg, select, [hidden], .perma') || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    if (!e.checkVisibility()) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < worst.ratio) worst = {ratio, what: e.className || e.tagName, text: e.textContent.slice(0, 40)};
  }
  return worst;
}"""


def test_without_its_script_all_can_still_be_read(browser: Browser, file: Path, run: RunFolder) -> None:
    found = opened(browser, file, java_script_enabled=False)
    page = found.page
    card = page.locator(".card").first
    card.locator("summary").first.click()
    assert card.locator(".sides").is_visible()
    assert not page.locator(".tools").is_visible()
    page.locator(".sitting > summary").first.click()
    assert page.locator(".sitting .turn").first.is_visible()
    page.context.close()


def test_it_can_be_printed_and_says_on_paper_what_it_is(browser: Browser, file: Path) -> None:
    found = opened(browser, file)
    page = found.page
    short = page.pdf(format="A4", tagged=False)
    assert short.startswith(b"%PDF-")
    page.check("#print-too")
    whole = page.pdf(format="A4", tagged=False)
    assert pages(whole) > pages(short) > 3
    page.emulate_media(media="print")
    assert page.locator(".banner").is_visible()
    assert not page.locator(".contents").is_visible()
    page.context.close()


def pages(pdf: bytes) -> int:
    return max(int(count) for count in re.findall(rb"/Count (\d+)", pdf))


def test_a_page_of_people_shows_no_banner(browser: Browser, run: RunFolder, small: Settings, tmp_path: Path) -> None:
    page = gather(run, small)._replace(simulated=False)
    (tmp_path / "page.html").write_text(render(page), encoding="utf-8")
    found = opened(browser, tmp_path / "page.html")
    assert found.page.locator(".banner").count() == 0
    assert "SIMULATED" not in (found.page.text_content("body") or "")
    found.page.context.close()


def test_landmarks_headings_and_names_are_there_for_a_screen_reader(page: Page) -> None:
    assert page.get_attribute("html", "lang") == "en"
    for landmark in ("header", "main", "nav.contents", "footer"):
        assert page.locator(landmark).count() == 1
    levels: list[int] = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    nameless = page.evaluate(
        """[...document.querySelectorAll('button, input, select, a[href]')].filter(e =>
        !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length)).map(e => e.outerHTML)"""
    )
    assert nameless == []
