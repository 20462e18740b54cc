"""The command ``photopal``."""


def main() -> None:
    """Placeholder until the commands stand."""
    raise SystemExit("photopal: the commands come with a later step")
