"""Programs that measure something once and keep a record; pytest collects none of them."""
