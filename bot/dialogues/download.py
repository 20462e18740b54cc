"""Fetch PhotoChat's photos: politely, in parallel, and so that it can be stopped at any moment.

A photo is written under its final name only when it is whole and decodes. A link that is dead
(gone, a web page, no image) is remembered in ``dead-links.jsonl`` and not asked again; what failed
for a passing reason is asked again the next time. ``download-report.json`` tells the outcome.
"""

import asyncio
import contextlib
import json
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from bot.dialogues.dialogue import Dialogue
from bot.errors import BotError
from bot.llm.bounded_http import is_loopback
from bot.llm.retries import retry_after
from retrieval.errors import UnreadableImage
from retrieval.files import write_text
from retrieval.photos.reading import PHOTO_SUFFIXES, open_image, reading

DEAD_LINKS = "dead-links.jsonl"
REPORT = "download-report.json"
PART_SUFFIX = ".part"

_SUFFIXES = {"JPEG": ".jpg", "JPEG2000": ".jp2", "TIFF": ".tif", "PPM": ".ppm", "HEIF": ".heic"}
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_UNAVAILABLE = "photo_unavailable"
"""The picture that Flickr sends in place of a photo that was taken away."""


class DownloadFailed(BotError):
    """No photo can be fetched at all: no connection, no place to write."""


@dataclass(frozen=True)
class Options:
    """How to fetch.

    Attributes:
        concurrency: photos fetched at the same time.
        retries: tries after the first one, for what may pass.
        first_wait: seconds; the ceiling of the first wait, which doubles with every try.
        max_wait: no wait is longer, unless the server asked for it.
        max_retry_after: a server that asks for more is left alone until the next run.
        timeout: seconds to connect, and between two pieces of an answer.
        total_timeout: seconds for one photo in one try.
        max_bytes: larger answers are not read.
        retry_dead: ask the links again that are remembered as dead.
    """

    concurrency: int = 8
    retries: int = 4
    first_wait: float = 1.0
    max_wait: float = 30.0
    max_retry_after: float = 120.0
    timeout: float = 20.0
    total_timeout: float = 180.0
    max_bytes: int = 50_000_000
    retry_dead: bool = False


@dataclass(frozen=True)
class Wanted:
    """A photo to fetch: the name of its file without the extension, and where it is."""

    name: str
    url: str


@dataclass(frozen=True)
class Missed(Wanted):
    """A photo that was not fetched, and why."""

    reason: str


@dataclass
class Report:
    """What came of it. ``dead`` is for good, ``failed`` is asked again the next time."""

    photos: int = 0
    fetched: int = 0
    already_there: int = 0
    dead: list[Missed] = field(default_factory=list)
    failed: list[Missed] = field(default_factory=list)
    without_url: list[str] = field(default_factory=list)
    bytes: int = 0
    seconds: float = 0.0

    @property
    def done(self) -> int:
        """How many photos are dealt with."""
        return self.fetched + self.already_there + len(self.dead) + len(self.failed)

    def as_dict(self) -> dict[str, Any]:
        """As JSON; ``without_url`` holds the ids of the dialogues that name no address."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}


class _Dead(Exception):
    """Asking again is pointless."""


class _Passing(Exception):
    """It may work a little later."""

    def __init__(self, reason: str, response: httpx2.Response | None = None) -> None:
        super().__init__(reason)
        self.response = response


class _Unreachable(_Passing):
    """Nobody answers at all."""


def wanted_photos(dialogues: Iterable[Dialogue], report: Report) -> list[Wanted]:
    """Each photo once. Of two addresses under one name the first is taken, the other a failure."""
    photos: dict[str, Wanted] = {}
    for dialogue in dialogues:
        name = dialogue.photo_name
        if not dialogue.photo_url or name is None:
            report.without_url.append(dialogue.id)
            continue
        wanted = Wanted(name, dialogue.photo_url)
        earlier = photos.setdefault(name.lower(), wanted)
        if earlier.url != wanted.url:
            missed = Missed(name, wanted.url, f"{earlier.url} has the same name")
            if missed not in report.failed:
                report.failed.append(missed)
    return list(photos.values())


def download_photos(
    dialogues: Iterable[Dialogue],
    folder: Path,
    options: Options | None = None,
    on_progress: Callable[[Report], None] | None = None,
) -> Report:
    """Fetch the photos that the dialogues name into ``folder``.

    The report is written there too, also when it is interrupted.

    Raises:
        DownloadFailed: nobody answers, or the folder cannot be written.
    """
    started = time.perf_counter()
    report = Report()
    wanted = wanted_photos(dialogues, report)
    report.photos = len(wanted) + len(report.failed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_parts(folder)
        download = _Download(folder, options or Options(), report, on_progress)
        try:
            asyncio.run(download.run(wanted))
        finally:
            report.seconds = time.perf_counter() - started
            write_text(folder / REPORT, json.dumps(report.as_dict(), indent=1))
    except OSError as error:
        raise DownloadFailed(f"{folder}: {error.strerror or error}") from error
    return report


class _Download:
    """One run over all photos; its state is shared by the workers of one event loop."""

    def __init__(
        self,
        folder: Path,
        options: Options,
        report: Report,
        on_progress: Callable[[Report], None] | None,
    ) -> None:
        self.folder, self.options, self.report = folder, options, report
        self._on_progress = on_progress
        self._dead = {} if options.retry_dead else _remembered(folder)
        self._not_before: dict[str, float] = {}
        self._left_alone: dict[str, str] = {}
        self._anybody_answered = False
        self._unreachable_in_a_row = 0

    async def run(self, wanted: list[Wanted]) -> None:
        present = _names_in(self.folder)
        queue = iter(wanted)
        workers = max(1, min(self.options.concurrency, len(wanted)))
        limits = httpx2.Limits(max_connections=workers, max_keepalive_connections=workers)
        clients = [
            httpx2.AsyncClient(
                timeout=httpx2.Timeout(self.options.timeout),
                headers={"User-Agent": "photopal (research download)", "Accept": "image/*"},
                follow_redirects=True,
                max_redirects=5,
                limits=limits,
                trust_env=through_proxy,
            )
            for through_proxy in (True, False)
        ]
        async with clients[0] as client, clients[1] as direct:

            async def work() -> None:
                for each in queue:
                    await self._one((client, direct), each, present)
                    if self._on_progress is not None:
                        self._on_progress(self.report)

            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(workers):
                        group.create_task(work())
            except* Exception as errors:
                raise _first(errors) from None

    async def _one(
        self,
        clients: tuple[httpx2.AsyncClient, httpx2.AsyncClient],
        wanted: Wanted,
        present: set[str],
    ) -> None:
        if wanted.name.lower() in present:
            self.report.already_there += 1
            return
        reason = self._dead.get(wanted.url) or _unusable(wanted.url)
        if reason is None:
            try:
                client = clients[is_loopback(wanted.url)]
                self.report.bytes += await self._with_retries(client, wanted)
                self.report.fetched += 1
                return
            except _Dead as error:
                reason = str(error)
            except _Passing as error:
                self.report.failed.append(Missed(wanted.name, wanted.url, str(error)))
                self._watch(error)
                return
        missed = Missed(wanted.name, wanted.url, reason)
        self.report.dead.append(missed)
        if wanted.url not in self._dead:
            self._dead[wanted.url] = reason
            _remember(self.folder, missed)

    def _watch(self, error: _Passing) -> None:
        """A machine without a connection need not try ten thousand photos to find out."""
        if not isinstance(error, _Unreachable) or self._anybody_answered:
            return
        self._unreachable_in_a_row += 1
        if self._unreachable_in_a_row >= 2 * self.options.concurrency:
            raise DownloadFailed(f"no server answers ({error}): is this machine online?")

    async def _with_retries(self, client: httpx2.AsyncClient, wanted: Wanted) -> int:
        host = urlsplit(wanted.url).netloc
        for attempt in range(self.options.retries + 1):
            await self._wait_for(host)
            if host in self._left_alone:
                raise _Passing(self._left_alone[host])
            try:
                async with asyncio.timeout(self.options.total_timeout):
                    return await self._fetch(client, wanted)
            except TimeoutError:
                problem = _Passing("it takes too long")
            except _Passing as error:
                problem = error
            if attempt == self.options.retries:
                raise problem
            await self._back_off(host, attempt, problem)
        raise AssertionError("the last try returns or raises")

    async def _wait_for(self, host: str) -> None:
        while (left := self._not_before.get(host, 0.0) - time.monotonic()) > 0:
            await asyncio.sleep(left)

    async def _back_off(self, host: str, attempt: int, problem: _Passing) -> None:
        asked = retry_after(problem)
        if asked is None:
            ceiling = min(self.options.max_wait, self.options.first_wait * 2**attempt)
            await asyncio.sleep(random.uniform(ceiling / 2, ceiling))
        elif asked > self.options.max_retry_after:
            self._left_alone[host] = f"{host} asks to wait {asked:.0f} s: run it again later"
        else:
            # It holds for the host: the other workers wait as well.
            until = time.monotonic() + asked
            self._not_before[host] = max(until, self._not_before.get(host, 0.0))

    async def _fetch(self, client: httpx2.AsyncClient, wanted: Wanted) -> int:
        part = self.folder / f"{wanted.name}{PART_SUFFIX}"
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            size = await self._receive(client, wanted.url, part)
            suffix = await asyncio.to_thread(_verified_suffix, part)
            os.replace(part, self.folder / f"{wanted.name}{suffix}")
            return size
        finally:
            part.unlink(missing_ok=True)

    async def _receive(self, client: httpx2.AsyncClient, url: str, part: Path) -> int:
        try:
            async with client.stream("GET", url) as response:
                self._anybody_answered = True
                self._check(response)
                size = 0
                with part.open("wb") as file:
                    async for chunk in response.aiter_bytes():
                        size += len(chunk)
                        if size > self.options.max_bytes:
                            raise _Dead(self._too_large())
                        file.write(chunk)
                return size
        except httpx2.TooManyRedirects:
            raise _Dead("redirected in a circle") from None
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL, httpx2.DecodingError) as error:
            raise _Dead(f"an address or answer that cannot be used ({error})") from None
        except httpx2.ConnectError as error:
            raise _Unreachable(f"cannot connect: {error}") from None
        except httpx2.TimeoutException:
            raise _Passing("no answer in time") from None
        except httpx2.TransportError as error:
            raise _Passing(f"the connection broke: {str(error) or type(error).__name__}") from None

    def _check(self, response: httpx2.Response) -> None:
        status = response.status_code
        if status in _PASSING:
            raise _Passing(f"HTTP {status}", response)
        if status != 200:
            raise _Dead(f"HTTP {status}")
        if _UNAVAILABLE in response.url.path:
            raise _Dead("the photo was taken away")
        kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind.startswith("text/") or kind in ("application/json", "application/xhtml+xml"):
            raise _Dead(f"a page ({kind}), not an image")
        length = response.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self.options.max_bytes:
            raise _Dead(self._too_large())

    def _too_large(self) -> str:
        return f"larger than {self.options.max_bytes / 1e6:,.0f} MB"


def _unusable(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    return None if usable else "not a web address"


def _verified_suffix(path: Path) -> str:
    """The extension of the image's real format; decodes it to be sure that all of it is there."""
    try:
        open_image(path, side=64, mend=False)
        with reading(path) as image:
            name = image.format or "JPEG"
    except UnreadableImage as error:
        reason = str(error)
        if "truncated" in reason or "empty" in reason:
            raise _Passing(reason) from None
        raise _Dead(reason) from None
    suffix = _SUFFIXES.get(name, f".{name.lower()}")
    return suffix if suffix in PHOTO_SUFFIXES else ".jpg"


def _names_in(folder: Path) -> set[str]:
    """The photos that are there, as lower-case names without extension."""
    return {
        path.relative_to(folder).with_suffix("").as_posix().lower()
        for path in folder.rglob("*")
        if path.suffix.lower() in PHOTO_SUFFIXES and path.stat().st_size
    }


def _remove_parts(folder: Path) -> None:
    for path in folder.rglob(f"*{PART_SUFFIX}"):
        with contextlib.suppress(OSError):
            path.unlink()


def _remembered(folder: Path) -> dict[str, str]:
    """Dead links by URL. The last line may be half of one, when the last run was killed."""
    dead: dict[str, str] = {}
    with contextlib.suppress(FileNotFoundError):
        for entry in _lines(folder / DEAD_LINKS):
            if isinstance(entry, dict) and "url" in entry:
                dead[str(entry["url"])] = str(entry.get("reason", ""))
    return dead


def _lines(path: Path) -> Iterator[Any]:
    for line in path.read_text("utf-8", "replace").splitlines():
        with contextlib.suppress(ValueError, RecursionError):
            yield json.loads(line)


def _remember(folder: Path, missed: Missed) -> None:
    with (folder / DEAD_LINKS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(missed)) + "\n")


def _first(errors: BaseExceptionGroup[Any]) -> BaseException:
    error: BaseException = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
