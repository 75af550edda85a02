"""A finished run in which hostile words stand in every text, name and label, for tests of its page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from deliberation.records.events import Answered, Failed, Mark
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Coalition, Contest, Quote

PAYLOADS = (
    "<script>window.ran = 1; alert(1)</script>",
    "<img src=x onerror=window.ran=2>",
    '"><img src="http://attacker.example/a.png" onerror="window.ran=3">',
    "' onmouseover='window.ran=4' autofocus onfocus='window.ran=4' x='",
    '"onmouseover="window.ran=5" style="background:url(http://attacker.example/b)" x="',
    "</script><script>window.ran=6</script>",
    "</style><style>@import 'http://attacker.example/c.css'; * {color: red}</style>",
    "</title></textarea></details><iframe srcdoc='<script>parent.ran=7</script>'></iframe>",
    "<svg onload=window.ran=8><use href='data:image/svg+xml,x'/></svg><math><mi//xlink:href='data:x'>",
    "<a href='javascript:window.ran=9'>go</a> javascript:window.ran=9",
    "<form action=http://attacker.example/d><button>b</button></form><base href=http://attacker.example/>",
    "<meta http-equiv=refresh content='0;url=http://attacker.example/e'><link rel=stylesheet href=//attacker.example/f>",
    "<!-- --> --!> <![CDATA[ ]]> &lt;script&gt; &#60;b&#62; &amp;amp; &",
    "{{7*7}} {% for x in y %} {# no #} ${7*7} #{7*7} <%= 7*7 %> {{ config }}",
    "\u202e gnp.exe \u2066 left \u2068 open \u200b\u200d\ufeff\u2028two\u2029three",
    "\\u003cscript\\u003e \\x3c \\ ` ${window.ran=10} `",
    "null undefined NaN None true [object Object] __proto__ constructor",
    "\U0001f600 e\u0301 \u4f60\u597d \u05d0\u05d1 \u0627\u0644",
)  # fmt: skip
HOSTILE = " ".join(PAYLOADS)
ASSEMBLY = "a-'\"><img src=x onerror=window.ran=11>%20&amp;{{7*7}}"
"""What an assembly is called, and so the ids of its events, in so far as they can be a file's name."""

_WORDS = {
    "text", "name", "reason", "quote", "why", "rationale", "error", "item", "task", "title", "url", "process", "licence",
    "author", "publication", "date", "background", "stakes", "domain", "label", "action", "claim", "because", "proviso",
    "prompt", "complies", "violates", "origin", "source", "study", "idea", "method", "population", "table", "lot",
}  # fmt: skip
_LISTS = {"applies_when", "exceptions"}
_LABELS = {"attributes", "models", "software", "facts"}
_NUMBERED = {"groups", "sensitivity", "patterns", "diagnostics", "files", "scores"}


def tainted(run: RunFolder, path: Path) -> RunFolder:
    """A copy of a run with hostile words in it, ids included, as far as its records allow."""
    shutil.copytree(run.path, path)
    folder = RunFolder(path)
    first = next(folder.panels()).assembly
    for file in sorted(path.rglob("*.jsonl")):
        if "encoding" not in file.parts and "truth" not in file.parts:
            lines = [_tainted(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
            file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    for name in ("manifest.json", "selection.json"):
        plain = _tainted(json.loads((path / name).read_text(encoding="utf-8")))
        (path / name).write_text(json.dumps(plain), encoding="utf-8")
    _config(folder)
    _renamed(folder, first)
    _more(folder)
    return folder


def _tainted(plain: Any, key: str = "") -> Any:
    if isinstance(plain, dict):
        found = {k: _tainted(v, k) for k, v in plain.items()}
        if key in _LABELS:
            found |= {HOSTILE: HOSTILE}
        if key == "failures":
            found |= {HOSTILE: 1}
        if key in _NUMBERED and plain:
            found |= {HOSTILE: next(iter(found.values()))}
        return found
    if isinstance(plain, list):
        return [HOSTILE if key in _LISTS else _tainted(one, key) for one in plain]
    return HOSTILE if isinstance(plain, str) and key in _WORDS else plain


def _config(folder: RunFolder) -> None:
    plain = yaml.safe_load(folder.config.read_text(encoding="utf-8"))
    kept = plain["question"]["origin"]
    plain["question"] = _tainted(plain["question"])
    plain["question"]["origin"] = kept
    plain["idea"] = plain["procedure"]["title"] = plain["procedure"]["source"] = HOSTILE
    folder.config.write_text(yaml.safe_dump(plain, allow_unicode=True), encoding="utf-8")


def _renamed(folder: RunFolder, assembly: str) -> None:
    """Call one assembly, and with it its events, by a hostile name."""
    new = json.dumps(ASSEMBLY)[1:-1]
    for file in (*folder.path.glob("*.json*"), *folder.events_folder.glob("*")):
        file.write_text(file.read_text(encoding="utf-8").replace(assembly, new), encoding="utf-8")
    for file in folder.events_folder.glob(f"{assembly}*"):
        file.rename(file.with_name(file.name.replace(assembly, ASSEMBLY)))


def _more(folder: RunFolder) -> None:
    """What a run need not hold: a minority report, a contest, a failure, and what a citation was found wanting in."""
    one, other = folder.clauses()[:2]
    [event] = list(folder.events(ASSEMBLY))[-1:]
    place = {"assembly": ASSEMBLY, "phase": HOSTILE, "round": 0, "table": HOSTILE, "speaker": HOSTILE, "text": HOSTILE}
    failed = Failed(
        id=f"e-{ASSEMBLY}-{HOSTILE}", seq=event.seq + 1, role="member", task=HOSTILE, attempts=3, error=HOSTILE,
        item=HOSTILE, **place,
    )  # fmt: skip
    mark = Mark(problem="uncited", text=HOSTILE, exhibits=(HOSTILE,))
    answered = Answered(
        id=f"e-{ASSEMBLY}-marked", seq=event.seq + 2, role="witness", refs=(HOSTILE, event.id), marks=(mark,), **place
    )
    with folder.transcript(ASSEMBLY, ratification=True).open("a", encoding="utf-8") as out:
        out.writelines(f"{extra.line()}\n" for extra in (failed, answered))
    report = Coalition(
        id="m-1", question=one.question, rule="ejr_plus", clause=one.id, deserves=2, weight=1, quota=1, share=0.4,
        members=(HOSTILE,), reasons=(Quote(event=answered.id, text=HOSTILE), Quote(event=HOSTILE, text=HOSTILE)),
    )  # fmt: skip
    contest = Contest(
        id="x-1", question=one.question, kind="conflict", options=(one.id, other.id, HOSTILE), why=HOSTILE,
        order=(HOSTILE, one.id), share=0.6, interval=(0.4, 0.7), level=0.9,
    )  # fmt: skip
    (folder.path / "minorities.jsonl").write_text(report.line() + "\n", encoding="utf-8")
    (folder.path / "contests.jsonl").write_text(contest.line() + "\n", encoding="utf-8")
