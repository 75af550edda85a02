"""Simulated deliberative democracy, from idea to encoding.

Importing this does nothing and is quick; each name below is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deliberation.analysis.answers import human_results
    from deliberation.analysis.contrasts import decompose_flips, witness_effect
    from deliberation.analysis.diagnostics import diagnose, drift
    from deliberation.analysis.frames import (
        ballots,
        calls,
        clauses,
        panels,
        polls,
        rulings,
        turns,
        weighings,
        write_frames,
    )
    from deliberation.analysis.lineage import lineage, trace
    from deliberation.analysis.report import write_report
    from deliberation.errors import DeliberationError
    from deliberation.models.chat.providers import answerer_from
    from deliberation.models.scripted import Replaying, Scripted
    from deliberation.records.folder import RunFolder
    from deliberation.settings import Settings, read_settings
    from deliberation.study import plan_study, resume_study, rule_again, run_study, stored_settings

_HOMES = {
    "DeliberationError": "deliberation.errors",
    "Replaying": "deliberation.models.scripted",
    "RunFolder": "deliberation.records.folder",
    "Scripted": "deliberation.models.scripted",
    "Settings": "deliberation.settings",
    "answerer_from": "deliberation.models.chat.providers",
    "ballots": "deliberation.analysis.frames",
    "calls": "deliberation.analysis.frames",
    "clauses": "deliberation.analysis.frames",
    "decompose_flips": "deliberation.analysis.contrasts",
    "diagnose": "deliberation.analysis.diagnostics",
    "drift": "deliberation.analysis.diagnostics",
    "human_results": "deliberation.analysis.answers",
    "lineage": "deliberation.analysis.lineage",
    "panels": "deliberation.analysis.frames",
    "plan_study": "deliberation.study",
    "polls": "deliberation.analysis.frames",
    "read_settings": "deliberation.settings",
    "resume_study": "deliberation.study",
    "rule_again": "deliberation.study",
    "rulings": "deliberation.analysis.frames",
    "run_study": "deliberation.study",
    "stored_settings": "deliberation.study",
    "trace": "deliberation.analysis.lineage",
    "turns": "deliberation.analysis.frames",
    "weighings": "deliberation.analysis.frames",
    "witness_effect": "deliberation.analysis.contrasts",
    "write_frames": "deliberation.analysis.frames",
    "write_report": "deliberation.analysis.report",
}

__all__ = [
    "DeliberationError",
    "Replaying",
    "RunFolder",
    "Scripted",
    "Settings",
    "answerer_from",
    "ballots",
    "calls",
    "clauses",
    "decompose_flips",
    "diagnose",
    "drift",
    "human_results",
    "lineage",
    "panels",
    "plan_study",
    "polls",
    "read_settings",
    "resume_study",
    "rule_again",
    "rulings",
    "run_study",
    "stored_settings",
    "trace",
    "turns",
    "weighings",
    "witness_effect",
    "write_frames",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'deliberation' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
