"""Where films lie: a folder, a zip or a URL, read in one way and never written to."""
