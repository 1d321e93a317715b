"""Simulate a clinic whose radiologist is away: how long films wait, by order of reading.

Research software, no medical device.
"""
