"""Versions of the released network: promote one, go back to an earlier one, list them."""
