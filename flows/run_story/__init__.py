"""One run told in words: which stage ran, why, what came out, and what to do after a failure."""
