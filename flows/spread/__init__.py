"""Several networks trained at the same time, each on a machine of its own."""
