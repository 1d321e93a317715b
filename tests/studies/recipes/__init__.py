"""Compare training recipes by several kinds of validation.

The ordinary validation films come from the machines of the training films. A network that
recognises the machine, and derives the label from it, scores well there and fails elsewhere.
"""
