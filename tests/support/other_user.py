"""Be a user who may not read everything, for tests of missing permissions: root may read all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534
"""The user and the group nobody of every Linux."""


@contextmanager
def as_ordinary_user() -> Iterator[Path]:
    """A folder of a user who is not root, as which the block runs; root again afterwards.

    Who is no root already stays who they are. The folder is a new one: pytest's own belong to
    root alone. Modules that the block needs should be imported before it.
    """
    with tempfile.TemporaryDirectory(prefix="photopal-test-") as name:
        folder = Path(name)
        if os.geteuid() != 0:
            yield folder
            return
        os.chown(folder, NOBODY, NOBODY)
        # The group first: without root's rights it can no longer be changed.
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(0)
            os.setegid(0)
