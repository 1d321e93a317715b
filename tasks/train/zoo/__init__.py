"""One file for each network, with the name that `models` in params.yaml uses.

A file `NAME.py` defines `NAME`: a function, or an `Application`, from pixels to logits. No file
imports another one, so a change of one network retrains no other.
"""
