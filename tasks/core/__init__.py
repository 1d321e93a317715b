"""What several rooms share, in families; it imports no room."""
