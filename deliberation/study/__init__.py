"""The table of contents: a study from its settings to its encoding, stage by stage.

`run_study` carries a new study out, `resume_study` an interrupted one, `rule_again` rules once more on what is stored,
`plan_study` says beforehand what it takes, `power_of` how large it should be. Nothing here knows the command line.
"""

from deliberation.study.again import encode_again, rule_again
from deliberation.study.plan import Plan, plan_study
from deliberation.study.power import Power, power_of
from deliberation.study.run import resume_study, run_study
from deliberation.study.stored import settings_from, stored_plain, stored_settings

__all__ = [
    "Plan",
    "Power",
    "encode_again",
    "plan_study",
    "power_of",
    "resume_study",
    "rule_again",
    "run_study",
    "settings_from",
    "stored_plain",
    "stored_settings",
]
