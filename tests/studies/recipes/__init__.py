"""The fitting room of recipes: validations that see a change of machine, beside the ordinary one.

Ordinary validation films come from the machines of the training films. A network that reads the
machine off a film, and the label off the machine, looks good there and fails elsewhere.
"""
