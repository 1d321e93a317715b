"""The synthetic set: chest films that no person was X-rayed for, and the truth about each."""
