"""How much memory this process took at most."""

import contextlib
import sys
from pathlib import Path

_LINUX_STATUS = Path("/proc/self/status")
_LINUX_RESET = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


def reset_peak() -> bool:
    """Measure the peak from now on; whether the system can do that. Else it is that of all time."""
    with contextlib.suppress(OSError):
        _LINUX_RESET.write_text(_RESET_PEAK)
        return True
    return False


def peak_bytes() -> int:
    """Most bytes of memory since :func:`reset_peak`; 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in _LINUX_STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
