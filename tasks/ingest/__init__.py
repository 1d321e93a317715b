"""Every file found becomes one row: what it is, whose it is, and whether it can be used."""
