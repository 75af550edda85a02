"""The `krippendorff` package as oracle for alpha; tried where it is installed, and imported nowhere else.

It is under the GPL, so nothing of it is used but its answers.
"""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.specification.agreement import krippendorff as alpha

library = pytest.importorskip("krippendorff", reason="krippendorff is not installed here")


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
@pytest.mark.parametrize("seed", range(5))
def test_our_alpha_is_the_librarys(seed: int, level: str) -> None:
    draw = np.random.default_rng(seed)
    table = draw.integers(1, 6, size=(4, 30)).astype(float)
    table[draw.random(table.shape) < 0.3] = np.nan
    assert alpha(table, level) == pytest.approx(library.alpha(reliability_data=table, level_of_measurement=level))
