"""Grades of attribution methods: how far a heat map may be trusted."""
