"""The nouns on disk: frozen, validated records. A newcomer reads these files first.

Nothing here decides anything; records are made, checked, written and read.
"""
