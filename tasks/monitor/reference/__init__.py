"""The stage that keeps what new films are compared with."""
