"""The compliance pack: reporting checklists, model cards and a data card, filled from results."""
