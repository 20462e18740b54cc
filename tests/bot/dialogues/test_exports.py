"""Chats as WhatsApp, Telegram and Signal export them, of several phones and languages."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.dialogues.dialogue import RECENT_TURNS, Dialogue
from bot.dialogues.reading import parse_dialogues, read_dialogues
from bot.errors import DialogueUnreadable, EmptyDialogue

LRM, NNBSP = "\u200e", "\u202f"


def only(text: str) -> Dialogue:
    (dialogue,) = parse_dialogues(text)
    return dialogue


def said(dialogue: Dialogue) -> list[tuple[str, str, bool]]:
    return [(turn.speaker, turn.text, turn.shares_photo) for turn in dialogue.turns]


ANDROID = {
    "en-US": (f"12/31/23, 9:15{NNBSP}PM - ", "<Media omitted>"),
    "en-GB": ("31/12/2023, 21:15 - ", "<Media omitted>"),
    "en-IN": ("31/12/23, 9:15 pm - ", "IMG-20231231-WA0001.jpg (file attached)"),
    "de": ("31.12.23, 21:15 - ", "<Medien ausgeschlossen>"),
    "de-file": ("31.12.23, 21:15 - ", f"{LRM}IMG-20231231-WA0001.jpg (Datei angehängt)"),
    "fr": ("31/12/2023 à 21:15 - ", "<Médias omis>"),
    "es": ("31/12/23, 21:15 - ", "<Multimedia omitido>"),
    "pt-BR": ("31/12/2023 21:15 - ", "<Arquivo de mídia oculto>"),
    "it": ("31/12/23, 21:15 - ", "<Media omessi>"),
    "nl": ("31-12-2023 21:15 - ", "<Media weggelaten>"),
    "fi": ("31.12.2023 klo 21.15 - ", "<Media jätettiin pois>"),
    "sv": ("2023-12-31 21:15 - ", "<Media har utelämnats>"),
    "zh": ("2023/12/31 下午9:15 - ", "<省略多媒体文件>"),
    "ko": ("2023. 12. 31. 오후 9:15 - ", "<미디어 파일 제외됨>"),
    "ja": ("2023/12/31 21:15 - ", "<メディアなし>"),
    "ru": ("31.12.2023, 21:15 - ", "<Без медиафайлов>"),
}


@pytest.mark.parametrize("locale", ANDROID)
def test_whatsapp_of_android(locale: str) -> None:
    head, media = ANDROID[locale]
    text = (
        f"{head}Messages and calls are end-to-end encrypted.\n"
        f"{head}Anna: how was the lake?\n"
        f"{head}Bo Müller: lovely: we swam\nall day long\n"
        f"{head}Bo Müller: {media}\n"
    )
    dialogue = only(text)
    assert said(dialogue) == [
        ("Anna", "how was the lake?", False),
        ("Bo Müller", "lovely: we swam\nall day long", False),
        ("Bo Müller", "", True),
    ]
    assert dialogue.export is not None and dialogue.export.last_day == date(2023, 12, 31)


IOS = {
    "en-US": (f"[12/31/23, 9:15:09{NNBSP}PM] ", f"{LRM}image omitted"),
    "en-GB": (
        "[31/12/2023, 21:15:09] ",
        f"{LRM}<attached: 00000012-PHOTO-2023.jpg>",
    ),
    "de": ("[31.12.23, 21:15:09] ", f"{LRM}Bild weggelassen"),
    "fr": ("[31/12/2023 21:15:09] ", f"{LRM}image absente"),
    "es": ("[31/12/23, 21:15:09] ", f"{LRM}imagen omitida"),
    "it": ("[31/12/23, 21:15:09] ", f"{LRM}immagine omessa"),
    "pt": ("[31/12/23 21:15:09] ", f"{LRM}imagem ocultada"),
    "nl": ("[31-12-2023 21:15:09] ", f"{LRM}afbeelding weggelaten"),
    "zh": ("[2023/12/31 下午9:15:09] ", f"{LRM}图像已忽略"),
}


@pytest.mark.parametrize("locale", IOS)
def test_whatsapp_of_ios(locale: str) -> None:
    head, media = IOS[locale]
    text = (
        f"{head}Anna: {LRM}Messages and calls are end-to-end encrypted.\r\n"
        f"{head}Anna: how was the lake?\r\n"
        f"{LRM}{head}Bo: {media}\r\n"
        f"{head}Bo: voilà {LRM}<This message was edited>\r\n"
    )
    dialogue = only(text)
    spoken = [one for one in said(dialogue) if one[1] or one[2]]
    assert spoken[:2] == [("Anna", "how was the lake?", False), ("Bo", "", True)]
    assert dialogue.export is not None and dialogue.export.last_day == date(2023, 12, 31)


def test_what_is_no_photo_is_not_taken_for_one() -> None:
    head = "[31.12.23, 21:15:09] "
    notes = ("Video weggelassen", "Audio weggelassen", "Sticker weggelassen", "GIF weggelassen")
    lines = [f"{head}Anna: {LRM}{note}" for note in notes]
    lines += [f"{head}Anna: hi", f"{head}Anna: doc.pdf (Datei angehängt)"]
    assert not any(turn.shares_photo for turn in only("\n".join(lines)).turns)


def test_a_caption_stays_with_its_photo() -> None:
    head = "31/12/23, 21:15 - "
    text = f"{head}Bo: IMG-20231231-WA0001.jpg (file attached)\nour boat\n{head}Anna: wow"
    assert said(only(text)) == [("Bo", "our boat", True), ("Anna", "wow", False)]


@pytest.mark.parametrize(
    ("days", "last"),
    [
        (("3/4/23", "5/4/23", "13/4/23"), date(2023, 4, 13)),
        (("4/3/23", "4/5/23", "4/13/23"), date(2023, 4, 13)),
        (("1/2/23", "28/2/23", "1/3/23"), date(2023, 3, 1)),
        # Nothing is above twelve: time runs forward only with the month first.
        (("1/11/23", "2/10/23", "3/9/23"), date(2023, 3, 9)),
    ],
)
def test_the_whole_file_tells_whether_day_or_month_is_first(
    days: tuple[str, ...], last: date
) -> None:
    dialogue = only("\n".join(f"{day}, 21:15 - Anna: hello there" for day in days))
    assert dialogue.export is not None and dialogue.export.last_day == last


def telegram(**more: Any) -> dict[str, Any]:
    one = {"type": "message", "from": "Anna", "from_id": "user1", "date": "2023-05-01T10:00:01"}
    photo = {"photo": "photos/photo_1.jpg", "width": 10, "height": 10}
    sticker = {"media_type": "sticker", "mime_type": "image/webp"}
    messages = [
        {"type": "service", "actor": "Anna", "action": "create_group", "date": one["date"]},
        {**one, "text": ["look at ", {"type": "link", "text": "this"}, "!"]},
        {**one, **photo, "from": "Bo", "text": "the lake", "date": "2023-05-02T10:00:01"},
        {**one, **sticker, "from": None, "from_id": "user3", "date": "2023-05-03T10:00:01"},
        "no message",
    ]
    return {"name": "Bo", "type": "personal_chat", "id": 77, "messages": messages, **more}


def test_a_chat_of_telegram() -> None:
    dialogue = only(json.dumps(telegram()))
    assert said(dialogue) == [
        ("Anna", "look at this!", False),
        ("Bo", "the lake", True),
        ("user3", "", False),
    ]
    assert dialogue.id == "77"
    assert dialogue.export is not None and dialogue.export.last_day == date(2023, 5, 3)


def test_a_whole_account_of_telegram_has_several_chats() -> None:
    account = {"personal_information": {}, "chats": {"list": [telegram(), telegram(id=78)]}}
    assert [one.id for one in parse_dialogues(json.dumps(account))] == ["77", "78"]


@pytest.mark.parametrize(
    "value",
    [
        {"personal_information": {}, "contacts": {"list": []}},
        {"chats": {"list": []}},
        {"chats": [1, 2]},
        {"type": "personal_chat", "messages": [{"from": "A", "date": "x", "type": "service"}]},
    ],
)
def test_an_export_without_a_chat_is_refused_in_one_line(value: Any) -> None:
    with pytest.raises((DialogueUnreadable, EmptyDialogue)) as refused:
        parse_dialogues(json.dumps(value))
    assert "\n" not in str(refused.value)


def test_a_chat_of_signal_by_signal_export() -> None:
    lines = [
        {"date": "2023-05-01 10:00:00", "sender": "Anna", "body": "hello", "attachments": []},
        {"date": "2023-05-02 10:00:00", "sender": "Me", "body": None,
         "attachments": [{"name": "photo.jpg", "path": "/home/a/photo.jpg"}]},
    ]  # fmt: skip
    dialogue = only("\n".join(json.dumps(line) for line in lines))
    assert said(dialogue) == [("Anna", "hello", False), ("Me", "", True)]
    text = "[2023-05-01 10:00] Anna: hello\n[2023-05-02 10:00] Me: see ![lake](media/lake.jpg)"
    assert said(only(text)) == [("Anna", "hello", False), ("Me", "see", True)]


def test_a_chat_of_signal_by_sigtop() -> None:
    text = (
        "Conversation: Anna (+491701234567)\n\n"
        "From: Anna (+491701234567)\nType: incoming\nSent: Mon, 01 May 2023 10:00:00 +0200\n"
        "Received: Mon, 01 May 2023 10:00:01 +0200\n\nhow was\nthe lake?\n\n"
        "From: You\nType: outgoing\nSent: Tue, 02 May 2023 10:00:00 +0200\n"
        "Attachment: lake.jpg (image/jpeg, 1234 bytes)\n\nlovely\n"
    )
    dialogue = only(text)
    assert said(dialogue) == [("Anna", "how was\nthe lake?", False), ("You", "lovely", True)]
    assert dialogue.export is not None and dialogue.export.last_day == date(2023, 5, 2)


def test_a_chat_goes_on_after_its_photos() -> None:
    head = "31/12/23, 21:15 - "
    lines = [f"{head}Bo: <Media omitted>"] + [f"{head}Anna: message {n}" for n in range(5_000)]
    conversation = only("\n".join(lines)).conversation()
    assert len(conversation.turns) == RECENT_TURNS
    assert conversation.turns[-1].text == "message 4999"
    assert conversation.today == date(2023, 12, 31)


def test_plain_lines_and_photochat_are_read_as_before(tmp_path: Path) -> None:
    assert only("A: hi\nB: [photo]").export is None
    assert only("[photo]\nA: hi").export is None
    file = tmp_path / "a.json"
    file.write_text('[{"dialogue": [{"message": "hi", "user_id": 0, "share_photo": false}]}]')
    (dialogue,) = read_dialogues(file, plain_text=True)
    assert dialogue.export is None


@pytest.mark.parametrize(
    "text",
    ["<!DOCTYPE html><html><body>chat", "31/12/23, 21:15 - Anna created this group", ""],
)
def test_what_is_no_chat_is_refused_in_one_line(text: str) -> None:
    with pytest.raises((DialogueUnreadable, EmptyDialogue)) as refused:
        parse_dialogues(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "piece",
    [
        "a" * 30_000,
        "\u200e" * 30_000,
        " " * 30_000,
        "![" * 15_000,
        "<\u200e" * 15_000,
        "1/" * 15_000,
    ],
)
def test_long_lines_without_sense_are_read_in_no_time(piece: str) -> None:
    head = "31/12/23, 21:15 - Anna: "
    assert only(f"{head}hello\n{head}{piece}\n{piece}").turns
