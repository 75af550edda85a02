"""Simulated deliberative democracy, from idea to encoding.

Importing this does nothing and is quick; each name below is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deliberation.analysis.answers import human_results
    from deliberation.analysis.contrasts import decompose_flips, witness_effect
    from deliberation.analysis.diagnostics import diagnose, drift
    from deliberation.analysis.frames import ballots, turns
    from deliberation.analysis.lineage import lineage, trace
    from deliberation.errors import DeliberationError
    from deliberation.models.chat.providers import answerer_from
    from deliberation.models.scripted import Replaying, Scripted
    from deliberation.records.folder import RunFolder
    from deliberation.settings import Settings, read_settings
    from deliberation.study import plan_study, resume_study, rule_again, run_study

_HOMES = {
    "DeliberationError": "deliberation.errors",
    "Replaying": "deliberation.models.scripted",
    "RunFolder": "deliberation.records.folder",
    "Scripted": "deliberation.models.scripted",
    "Settings": "deliberation.settings",
    "answerer_from": "deliberation.models.chat.providers",
    "ballots": "deliberation.analysis.frames",
    "decompose_flips": "deliberation.analysis.contrasts",
    "diagnose": "deliberation.analysis.diagnostics",
    "drift": "deliberation.analysis.diagnostics",
    "human_results": "deliberation.analysis.answers",
    "lineage": "deliberation.analysis.lineage",
    "plan_study": "deliberation.study",
    "read_settings": "deliberation.settings",
    "resume_study": "deliberation.study",
    "rule_again": "deliberation.study",
    "run_study": "deliberation.study",
    "trace": "deliberation.analysis.lineage",
    "turns": "deliberation.analysis.frames",
    "witness_effect": "deliberation.analysis.contrasts",
}

__all__ = [
    "DeliberationError",
    "Replaying",
    "RunFolder",
    "Scripted",
    "Settings",
    "answerer_from",
    "ballots",
    "decompose_flips",
    "diagnose",
    "drift",
    "human_results",
    "lineage",
    "plan_study",
    "read_settings",
    "resume_study",
    "rule_again",
    "run_study",
    "trace",
    "turns",
    "witness_effect",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'deliberation' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
