"""What a local command ends with when it cannot go on."""


class LocalError(Exception):
    """One clear line that says what to do; the command prints it and exits with 1."""
