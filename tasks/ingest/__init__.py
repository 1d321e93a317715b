"""List every file of the source: what it shows, whose film it is, and whether it can be used."""
