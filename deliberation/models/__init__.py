"""Who answers: the request and its legal answers, the journal, budgets, and the answerers themselves.

An assembly knows only `requests`; which answerer stands behind is decided outside it.
"""
