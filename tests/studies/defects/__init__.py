"""Defects planted into a synthetic set on purpose: does each gate catch its own, and only that?"""
