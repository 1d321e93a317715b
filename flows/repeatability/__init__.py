"""Whether two machines that have nothing in common but the commit write the same bytes."""
