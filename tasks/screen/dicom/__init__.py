"""DICOM at both ends: films come from a modality, reports and captures go back to the archive.

Research software, no medical device.
"""
