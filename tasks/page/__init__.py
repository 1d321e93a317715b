"""Room `page`: one self-contained report page per model."""
