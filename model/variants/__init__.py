"""Variants, most of them broken: each a small named edit of an action or a few, stated as a difference.

They show what each clause is for: every claim of the catalogue names one that it rejects.
"""

from __future__ import annotations

from model.variants import configuration, delivery, handles, messages, openais, parts, rings, services, token
from model.variants.openais import GMI_2004
from model.variants.variant import VARIANTS, Argument, Harmless, Variant, edits, together

__all__ = ["GMI_2004", "ROOMS", "VARIANTS", "Argument", "Harmless", "Variant", "edits", "together"]

ROOMS = (token, configuration, handles, messages, rings, services, delivery, parts, openais)
"""The modules that state them."""
