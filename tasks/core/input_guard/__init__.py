"""Refuse the result of a stage whose parameters, code or data changed while it ran.

DVC takes the hashes for dvc.lock after the command, so it would record an input that the command
never saw, and its run cache would serve that result again. Source: DVC issue 11058, DVC 3.67.

The inputs are looked at when the stage starts and when it ends. DVC looks at them once more right
after that: a change within this second is not seen. Films at a URL are not watched.
"""
