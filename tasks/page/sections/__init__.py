"""Sections of the page of one model: sentences, tables and plots."""
