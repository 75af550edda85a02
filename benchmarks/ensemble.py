"""Draw other parameters of the synthetic public that fit the moments as well, for robustness checks.

    python benchmarks/ensemble.py [draws] > conf/kernel_draws.yaml

The 31 fitted parameters are not identified one by one by 34 moments. Each proposal moves all of them from the
calibrated ones by a factor exp(N(0, .15^2)); it is accepted if, as the mean of three seeds, at least 24 moments lie
within their tolerance and 31 within twice. What is kept is thus a rejection sample around the default, no posterior.
"""

from __future__ import annotations

import sys

import moments
import numpy as np
import yaml

from deliberation.randomness import stream
from deliberation.settings import Settings
from deliberation.settings.models import SyntheticKernel

FITTED = (
    "value_spread", "value_residual", "second_dimension", "popularity_spread", "value_weight", "knowledge", "own_view",
    "motivation", "skew", "importance", "intuition", "intuition_values", "intuition_common", "elaboration",
    "elaboration_rate", "scale", "attention", "openness", "bias", "conformity", "briefing_reach", "briefing_force",
    "consideration_noise", "noise", "unaware", "consideration_gain", "awareness", "strength_spread", "offset",
    "own_argument", "lean",
)  # fmt: skip
_SPREAD = 0.15
_SHARES = frozenset({"elaboration", "elaboration_rate", "attention", "briefing_reach", "unaware", "awareness"})


def main() -> None:
    """Print accepted draws as YAML."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    kernel = Settings.bundled().synthetic.kernel
    draw = stream(0, "ensemble")
    accepted: list[dict[str, float]] = []
    tried = 0
    while len(accepted) < wanted:
        tried += 1
        moved = {name: getattr(kernel, name) * float(np.exp(_SPREAD * draw.standard_normal())) for name in FITTED}
        moved = {n: round(min(v, 0.99) if n in _SHARES else v, 4) for n, v in moved.items()}
        proposal = SyntheticKernel.model_validate({**kernel.model_dump(), **moved})
        one, two = moments.within(moments.mean_moments(proposal, 3))
        if one >= 24 and two >= 31:
            accepted.append(moved)
        print(f"{len(accepted)} of {tried} accepted ({one}, {two})", file=sys.stderr)
    print(
        "# Parameters that fit the moments as well as the default ones: made by benchmarks/ensemble.py, which says how."
    )
    print(f"# {len(accepted)} of {tried} proposals were accepted. Choose one with model.draw=1, 2, ...")
    print(yaml.safe_dump(accepted, sort_keys=False), end="")


if __name__ == "__main__":
    main()
