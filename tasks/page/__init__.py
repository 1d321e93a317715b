"""Room of the stage `page`: one self-contained page per model."""
