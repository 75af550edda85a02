"""The synthetic public: people with values, reasons and talk, computed without key or network.

It takes typed requests and never parses prompts. It is a measuring instrument for the pipeline and a null model to
compare language models with; it is no evidence about any public. Its parameters are set by hand, not yet fitted to
real mini-publics.
"""

from deliberation.models.synthetic.answerer import SyntheticPublic

__all__ = ["SyntheticPublic"]
