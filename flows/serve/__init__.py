"""Unattended runs on one machine: on a schedule, on new data, or when someone asks for one."""
