"""Papers: what is issued under a number, printed, signed and kept: receipts, payment receipts, credit notes."""
