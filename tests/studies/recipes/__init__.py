"""Search for a training recipe that holds at the next hospital, by validations that can see it.

The ordinary validation films come from the machines of the training films. A network that
recognises the machine, and derives the label from it, scores well there and fails elsewhere.
"""
