"""Room `gate`: whether a new network may take the place of the one in use."""
