"""How often passwords may be guessed: little, and nobody is locked out by what others guess.

Each guess fills a bucket that leaks. One bucket counts the guesses from an address, one those for a
name, one those for a name from an address. Who comes from an address that never guessed for a name
wrongly may try twice, however many guesses others make for that name.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from ipaddress import IPv6Address, ip_address

from bot.errors import TooManyGuesses

MAX_KEYS = 10_000
FREE_GUESSES = 2


class LeakyBuckets:
    """Counts by key that go down with time; the least recently used keys are forgotten."""

    def __init__(self, size: int, leak_seconds: float, now: Callable[[], float]) -> None:
        """Empty.

        Args:
            size: how many fit in.
            leak_seconds: after which one is gone.
            now: tells the time in seconds.
        """
        self.size = size
        self.leak_seconds = leak_seconds
        self._now = now
        self._levels: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def level(self, key: Hashable) -> float:
        """How full the bucket of a key is."""
        level, when = self._levels.get(key, (0.0, 0.0))
        return max(0.0, level - (self._now() - when) / self.leak_seconds)

    def wait(self, key: Hashable) -> float:
        """Seconds until one more fits in; 0 when it does now."""
        return max(0.0, self.level(key) + 1 - self.size) * self.leak_seconds

    def add(self, key: Hashable, count: int = 1) -> None:
        """Put one more in, or take it out again."""
        self._levels[key] = max(0.0, self.level(key) + count), self._now()
        self._levels.move_to_end(key)
        if len(self._levels) > MAX_KEYS:
            self._levels.popitem(last=False)


class GuessLimits:
    """Keeps those away who guess too often. Safe to use from several threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """``now`` tells the time in seconds."""
        self._guard = threading.Lock()
        self._address = LeakyBuckets(20, 30.0, now)
        self._name = LeakyBuckets(20, 20.0, now)
        self._pair = LeakyBuckets(5, 60.0, now)

    def guess(self, name: str, address: str) -> None:
        """Somebody is about to try a password.

        Raises:
            TooManyGuesses: not now; it says for how long.
        """
        place = _network(address)
        pair = name, place
        with self._guard:
            waits = [self._address.wait(place), self._pair.wait(pair)]
            if self._pair.level(pair) > FREE_GUESSES - 1:
                waits.append(self._name.wait(name))
            if (seconds := max(waits)) > 0:
                raise TooManyGuesses(seconds)
            self._count(name, place, 1)

    def right(self, name: str, address: str) -> None:
        """That guess was right, so it does not count."""
        with self._guard:
            self._count(name, _network(address), -1)

    def _count(self, name: str, place: str, count: int) -> None:
        self._address.add(place, count)
        self._name.add(name, count)
        self._pair.add((name, place), count)


def _network(address: str) -> str:
    """What one visitor cannot choose: of IPv6 the first half, since the rest is free to them."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)
