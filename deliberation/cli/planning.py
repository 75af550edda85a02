"""`deliberate plan`: what a study would take, and what every study of a sweep would take. Spends nothing."""

from __future__ import annotations

import json as json_
import sys
from collections.abc import Mapping

from deliberation.study import plan_study
from deliberation.study.plan import Plan


def plan(overrides: list[str], *, json: bool) -> int:
    """Plan a study, or each of a sweep's and all together."""
    from deliberation.cli.compose import studies_for

    found = {" ".join(job): plan_study(settings) for job, settings in studies_for(overrides).items()}
    if json:
        sys.stdout.write(_as_json(found) + "\n")
    elif list(found) == [""]:
        _show(found[""])
    else:
        _show_all(found)
    return 0


def _as_json(found: Mapping[str, Plan]) -> str:
    if list(found) == [""]:
        return found[""].model_dump_json(indent=2)
    arms = [{"arm": arm, **one.model_dump(mode="json")} for arm, one in found.items()]
    return json_.dumps({"arms": arms, "calls": _calls(found), "usd": _usd(found)}, indent=2, ensure_ascii=False)


def _show(found: Plan) -> None:
    _say(f"Study {found.study} ({found.run}), {found.question}")
    _say(f"  {found.assemblies} assemblies of {found.members}, answered by {found.model}")
    _say(f"  calls          {found.calls:,}")
    _say(f"  tokens         {found.input_tokens:,} in, {found.output_tokens:,} out")
    _say(f"  money          {_money(found.usd)}")
    _say(f"  critical path  {found.critical_path} calls that wait for one another, in each assembly")
    _say(f"  Rehearsed with {found.rehearsed}. Nothing was spent.")


def _show_all(found: Mapping[str, Plan]) -> None:
    first = next(iter(found.values()))
    wide = max(map(len, found))
    _say(f"Study {first.study}: {len(found)} arms, each a run of its own")
    _say(f"  {'':<{wide}}  {'assemblies':>10} {'calls':>10} {'tokens in':>13} {'tokens out':>12}  money")
    for arm, one in found.items():
        size = f"{one.assemblies}x{one.members}"
        tokens = f"{one.input_tokens:>13,} {one.output_tokens:>12,}"
        _say(f"  {arm:<{wide}}  {size:>10} {one.calls:>10,} {tokens}  {_money(one.usd)}")
    given, taken = (sum(getattr(one, k) for one in found.values()) for k in ("input_tokens", "output_tokens"))
    _say(f"  {'all':<{wide}}  {'':>10} {_calls(found):>10,} {given:>13,} {taken:>12,}  {_money(_usd(found))}")
    _say(f"  Each rehearsed with {first.rehearsed}. Nothing was spent.")


def _calls(found: Mapping[str, Plan]) -> int:
    return sum(one.calls for one in found.values())


def _usd(found: Mapping[str, Plan]) -> float | None:
    """What all take together; null where a price is not known."""
    told = [one.usd for one in found.values()]
    return None if None in told else round(sum(usd for usd in told if usd is not None), 4)


def _money(usd: float | None) -> str:
    return "unknown: no price is known" if usd is None else f"{usd:.2f} USD"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
