"""One study completely described: frozen, validated, kinds told apart by discriminated unions.

Knows nothing of Hydra; the command line hands it plain dictionaries. Loads no model and draws nobody.
"""

from deliberation.settings.aggregation import Aggregation, Distillation
from deliberation.settings.models import Cast, Chat, ModelSettings, People, Price, Prices, Synthetic, Tokens
from deliberation.settings.parts import (
    Budget,
    EncodingSettings,
    PanelSettings,
    Prompts,
    Weights,
    Witness,
)
from deliberation.settings.procedure import Phase, Procedure
from deliberation.settings.study import Settings, read_settings

__all__ = [
    "Aggregation",
    "Budget",
    "Cast",
    "Chat",
    "Distillation",
    "EncodingSettings",
    "ModelSettings",
    "PanelSettings",
    "People",
    "Phase",
    "Price",
    "Prices",
    "Procedure",
    "Prompts",
    "Settings",
    "Synthetic",
    "Tokens",
    "Weights",
    "Witness",
    "read_settings",
]
