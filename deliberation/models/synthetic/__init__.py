"""The synthetic public: people with values, reasons and talk, computed without key or network.

It takes typed requests and never parses prompts. It is a measuring instrument for the pipeline and a null model to
compare language models with; it is no evidence about any public. Its parameters are fitted to published moments of real
mini-publics (`benchmarks/moments.py`), and are not identified one by one.
"""

from deliberation.models.synthetic.answerer import SyntheticPublic

__all__ = ["SyntheticPublic"]
