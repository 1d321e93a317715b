"""The phantom: a synthetic set of chest films. No person was X-rayed; the truth is known."""
