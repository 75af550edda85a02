"""One study completely described: frozen, validated, kinds told apart by discriminated unions.

Knows nothing of Hydra; the command line hands it plain dictionaries. Loads no model and draws nobody.
"""

from deliberation.settings.parts import (
    Aggregation,
    Budget,
    Chat,
    EncodingSettings,
    ModelSettings,
    PanelSettings,
    Price,
    Prompts,
    Synthetic,
    Witness,
)
from deliberation.settings.procedure import Phase, Procedure
from deliberation.settings.study import Settings, read_settings

__all__ = [
    "Aggregation",
    "Budget",
    "Chat",
    "EncodingSettings",
    "ModelSettings",
    "PanelSettings",
    "Phase",
    "Price",
    "Procedure",
    "Prompts",
    "Settings",
    "Synthetic",
    "Witness",
    "read_settings",
]
