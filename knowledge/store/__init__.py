"""Where knowledge is kept. Rows are the truth; everything else can be rebuilt from them."""

from knowledge.store.base import Store
from knowledge.store.sqlite import SQLiteStore

__all__ = ["SQLiteStore", "Store"]
