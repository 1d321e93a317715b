"""MiniVGGNet and its rivals: mixed precision on a GPU, deterministic on a CPU."""
