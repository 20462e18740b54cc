"""The day on which a photo was taken, out of the name of its file or folder.

For photos whose EXIF holds no date: those that went through a messenger, screenshots, exports. The
time of a file is never used, since copying changes it.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

EARLIEST_YEAR = 1990
"""What looks like an earlier date in a file name is a counter."""

FOLDERS_READ = 3
"""How many folders above the photo may be a date."""

_YEAR, _MONTH, _DAY = r"(?P<y>199\d|20\d\d)", r"(?P<m>0[1-9]|1[0-2])", r"(?P<d>0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3])[0-5]\d"
_MAKER = (
    r"(?:IMG|VID|PXL|MVIMG|PANO|BURST|DSC|DSCN|PIC|IMAGE|WP|C360|PHOTO|VIDEO|SCREENSHOT|SIGNAL|"
    r"SNAPCHAT|INSHOT|CAPTURE|WIN|WHATSAPP[ _]IMAGE|TELEGRAM|CAMERAZOOM|EXPORT)"
)
"""What cameras and apps write before the date."""

_IN_NAME = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # 2022-02-04, 2022.02.04, 2022_02_04: the same sign twice is a date wherever it stands.
        rf"(?<![\d.]){_YEAR}(?P<sign>[-_. ]){_MONTH}(?P=sign){_DAY}(?!\d)",
        # 20220204_161233, 20220204_161233456, 20220204161233, 20220204-WA0001.
        rf"(?<!\d){_YEAR}{_MONTH}{_DAY}[-_ T]{_TIME}(?:[0-5]\d\d{{0,4}})?(?!\d)",
        rf"(?<!\d){_YEAR}{_MONTH}{_DAY}{_TIME}[0-5]\d(?!\d)",
        rf"(?<!\d){_YEAR}{_MONTH}{_DAY}[-_]WA\d{{3,5}}(?!\d)",
        # Eight digits alone may be a number; they count at the start and behind a known word.
        rf"(?:^|(?<![a-z]){_MAKER}[-_ ]?){_YEAR}{_MONTH}{_DAY}(?!\d)",
        # 04.02.2022 is how Europe writes; 14-02-2022 can be read one way only, 04-02-2022 cannot.
        rf"(?<![\d.])(?P<d>0[1-9]|[12]\d|3[01])\.{_MONTH}\.{_YEAR}(?!\d)",
        rf"(?<!\d)(?P<d>1[3-9]|2\d|3[01])-{_MONTH}-{_YEAR}(?!\d)",
    )
)
_SCAN = re.compile(r"(?:^|[^a-z])scan(?:ned|s)?(?![a-z])|^epson|^img_?scan", re.IGNORECASE)
"""The date in a scan's name is the day of the scan."""

_FOLDER = re.compile(rf"^{_YEAR}(?P<sign>[-_. ]?){_MONTH}(?P=sign){_DAY}(?![\d])")
_SEVERAL_DAYS = re.compile(
    r"^[\d\-_. ]{8,10}?\s*(?:-|–|_|to|bis|until|&|\+|and)\s*\d{1,2}(?!\d|[a-z])"
    r"|\d{4}[-_. ]?\d\d[-_. ]?\d\d\D+\d{4}[-_. ]?\d\d[-_. ]?\d\d",
    re.IGNORECASE,
)


def date_from_name(path: Path, *, today: date | None = None) -> date | None:
    """The day that a photo's name tells, else the folder's that is a day; None when neither does.

    A month ("2022-02 Denver") or a year gives no day, an impossible day gives none, and so does a
    folder of several days ("2022-07-01 - 2022-07-09").

    Args:
        path: of the photo; only names are read, nothing is opened.
        today: for tests; years up to the next one are believed.

    Example::

        date_from_name(Path("IMG-20230815-WA0180.jpg"))  # date(2023, 8, 15)
        date_from_name(Path("2019-07-14 beach/173.jpeg"))  # date(2019, 7, 14)
        date_from_name(Path("DSC_1439.JPG"))  # None
    """
    latest = (today or date.today()).year + 1
    if not _SCAN.search(path.stem):
        for pattern in _IN_NAME:
            for match in pattern.finditer(path.stem):
                if day := _day(match, latest):
                    return day
    for match in _folders(path):
        if day := _day(match, latest):
            return day
    return None


def _folders(path: Path) -> Iterator[re.Match[str]]:
    """Folders that are a day, the nearest first: "2019-07-14 beach", "2019/07/14"."""
    names = path.parent.parts
    for end in range(len(names), max(0, len(names) - FOLDERS_READ), -1):
        name = names[end - 1]
        if _SEVERAL_DAYS.search(name):
            continue
        for text in (name, "-".join(names[max(0, end - 3) : end])):
            if match := _FOLDER.match(text):
                yield match


def _day(match: re.Match[str], latest: int) -> date | None:
    year, month, day = (int(match[part]) for part in "ymd")
    if not EARLIEST_YEAR <= year <= latest:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
