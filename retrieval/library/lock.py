"""One writer at a time, by a lock of the operating system on a small file beside the library.

Such a lock ends with the process that holds it, however that process ends: a ``kill -9`` leaves
no lock, so nobody ever has to delete anything by hand.
"""

from pathlib import Path

from filelock import FileLock, Timeout


class WriteLock:
    """An exclusive lock on a file; ``acquire`` says at once whether it was free."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Whoever closes the library gives the lock back, from whatever thread.
        self._lock = FileLock(path, timeout=0, mode=0o600, thread_local=False)
        self._held = False

    def acquire(self) -> bool:
        """Take the lock; False when another process (or another ``WriteLock``) holds it.

        Raises:
            OSError: the lock file cannot be opened for writing.
        """
        if self._held:
            return False
        try:
            self._lock.acquire()
        except Timeout:
            return False
        except NotImplementedError:
            # Some network drives know no locks; SQLite's own locking still guards the data there.
            pass
        self._held = True
        return True

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._held:
            self._held = False
            self._lock.release()
