"""The page of a run: one HTML file that holds all it shows, opens without a network and says what it is.

`gather` reads a run into a frozen view, `render` writes that as HTML. The same run gives the same bytes.
"""

from deliberation.analysis.report.gathering import Page, gather
from deliberation.analysis.report.rendering import render, write_report

__all__ = ["Page", "gather", "render", "write_report"]
