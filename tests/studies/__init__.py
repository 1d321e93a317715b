"""Studies: programs that measure something once and keep a record. They are not tests."""
