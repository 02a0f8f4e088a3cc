"""The types of entities: what a name names."""

from __future__ import annotations

PERSON = "PERSON"
ORG = "ORG"
PLACE = "PLACE"
EVENT = "EVENT"
WORK = "WORK"
PRODUCT = "PRODUCT"
NAME = "NAME"
"""Written like a name, and nothing says of what kind."""

DATE = "DATE"
TIME = "TIME"
MONEY = "MONEY"
PERCENT = "PERCENT"
QUANTITY = "QUANTITY"
EMAIL = "EMAIL"
URL = "URL"

VALUES = frozenset({DATE, TIME, MONEY, PERCENT, QUANTITY, EMAIL, URL})
"""Types whose key is the value itself: equal keys mean the same everywhere, and no name is resolved."""
