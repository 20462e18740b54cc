from datetime import date
from pathlib import Path

import pytest

from retrieval.photos.dates import date_from_name

TODAY = date(2026, 6, 10)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("IMG_20220204_161233.jpg", "2022-02-04"),
        ("IMG_20220204_161233_2.jpg", "2022-02-04"),
        ("IMG_20220204161233.jpg", "2022-02-04"),
        ("PXL_20210304_101112345.MP.jpg", "2021-03-04"),
        ("VID-20200101-WA0001.mp4", "2020-01-01"),
        ("IMG-20230815-WA0180.jpg", "2023-08-15"),
        ("Screenshot_2021-05-03-10-11-12.png", "2021-05-03"),
        ("Screenshot_20210503-101112_Chrome.jpg", "2021-05-03"),
        ("2022-02-04 15.33.20.jpg", "2022-02-04"),
        ("20220204_101010.jpg", "2022-02-04"),
        ("20220204.jpg", "2022-02-04"),
        ("Signal-2021-03-04-101112.jpeg", "2021-03-04"),
        ("photo_2021-03-04_10-11-12.jpg", "2021-03-04"),
        ("WhatsApp Image 2021-03-04 at 10.11.12.jpeg", "2021-03-04"),
        ("WIN_20210607_08_09_10_Pro.jpg", "2021-06-07"),
        ("IMG_0173 (2021-06-07).jpg", "2021-06-07"),
        ("04.02.2022.jpg", "2022-02-04"),
        ("24-02-2022 lake.jpg", "2022-02-24"),
    ],
)
def test_the_day_in_a_file_name(name: str, day: str) -> None:
    assert date_from_name(Path("album") / name, today=TODAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "path",
    ["2019-07-14 beach/173.jpeg", "20190714/173.jpeg", "2019/07/14/a.jpg", "2019_07_14/x/a.jpg"],
)
def test_a_folder_that_is_a_day_gives_it(path: str) -> None:
    assert date_from_name(Path(path), today=TODAY) == date(2019, 7, 14)


def test_the_file_is_believed_before_the_folder() -> None:
    path = Path("2019-07-14 beach/IMG_20190715_101010.jpg")
    assert date_from_name(path, today=TODAY) == date(2019, 7, 15)


@pytest.mark.parametrize(
    "path",
    [
        "2022-02 Denver/DSC_1439.JPG",
        "2019/07/DSC_1.jpg",
        "2019/nikon/DSC_2019.JPG",
        "saved/173.jpeg",
        "IMG-WA0180.jpg",
        "P1020304.JPG",
        "100_2019.JPG",
        "order 20220204.jpg",
        "received_2012031512345678.jpeg",
        "FB_IMG_1612345678901.jpg",
        "201902123456.jpg",
        "2019-07-14 - 2019-07-20 trip/1.jpg",
        "2019-07-14 to 20 trip/1.jpg",
        "04-02-2022.jpg",
        "Scan_20220204.jpg",
    ],
)
def test_counters_months_and_spans_give_no_day(path: str) -> None:
    assert date_from_name(Path(path), today=TODAY) is None


@pytest.mark.parametrize(
    "name", ["IMG_20190231_101010.jpg", "19000101_101010.jpg", "IMG_20990101_101010.jpg"]
)
def test_days_that_cannot_be_are_left_out(name: str) -> None:
    assert date_from_name(Path(name), today=TODAY) is None
