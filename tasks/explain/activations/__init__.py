"""What the layers of a network compute: maps of films, filters, and films made for a channel."""
