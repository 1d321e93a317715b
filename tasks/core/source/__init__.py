"""Where films lie: a folder, a zip or a URL. All are read in one way and never written to."""
