"""The journal: what ledger and papers mean in an accountant's books, as double entries. Derived, never stored."""
