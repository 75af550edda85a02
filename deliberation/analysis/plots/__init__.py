"""Figures: one function each, which draws on the axes given or on new ones, and returns them. Measures nothing.

Each says `SIMULATED` where its data are, and draws every interval that they have. None touches pyplot's global state;
axes of their own are shown by a notebook whose cell ends with them, and `axes.figure.savefig(path)` writes them.
"""

from deliberation.analysis.plots.arguments import argument_map
from deliberation.analysis.plots.checks import calibration, effects, reason_index
from deliberation.analysis.plots.decisions import recovery, rule_sensitivity, rulings_with_intervals
from deliberation.analysis.plots.flows import opinion_flow
from deliberation.analysis.plots.opinions import opinion_change, party_gap
from deliberation.analysis.plots.people import reply_network, seating, table_network
from deliberation.analysis.plots.processes import comparison_figure, processes_compared, stands_on
from deliberation.analysis.plots.talking import participation, rarefaction

__all__ = [
    "argument_map", "calibration", "comparison_figure", "effects", "opinion_change", "opinion_flow", "participation",
    "party_gap", "processes_compared", "rarefaction", "reason_index", "recovery", "reply_network", "rule_sensitivity",
    "rulings_with_intervals", "seating", "stands_on", "table_network",
]  # fmt: skip
