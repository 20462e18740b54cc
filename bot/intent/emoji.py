"""Emoji: those that picture a thing are read as its name, "🐕 photos" as "dog photos"."""

import re
import unicodedata

_FEELING = re.compile(
    r"FACE|HEART|HAND|THUMB|SIGN|MARK|SMIL|EYES|KISS|GRIN|TEARS|FINGER|FIST|PERSON|MAN |WOMAN |"
    r"PALMS|SPARKLES|"
    r"PARTY POPPER|FIRE|HUNDRED|SKULL|PILE OF POO|MONKEY$|SEE-NO|HEAR-NO|SPEAK-NO|ARROW|BUTTON|"
    r"SELECTOR|JOINER|"
    r"MODIFIER|SQUARE|CIRCLE|DIZZY|ANGER|COLLISION|SWEAT|ZZZ|FLEXED|SPEECH|THOUGHT|STAR|CAMERA|TAG "
)
_TO_SAY = {
    "BEACH WITH UMBRELLA": "beach",
    "SNOW CAPPED MOUNTAIN": "snowy mountain",
    "CHRISTMAS TREE": "Christmas tree",
    "BIRTHDAY CAKE": "birthday cake",
    "SLICE OF PIZZA": "pizza",
    "AUTOMOBILE": "car",
    "BABY": "baby",
    "BRIDE WITH VEIL": "bride",
    "SUNRISE OVER MOUNTAINS": "sunrise over mountains",
    "SNOWFLAKE": "snow",
    "JACK-O-LANTERN": "Halloween pumpkin",
    "DOG FACE": "dog",
    "CAT FACE": "cat",
    "HORSE FACE": "horse",
    "RABBIT FACE": "rabbit",
    "COW FACE": "cow",
    "PIG FACE": "pig",
    "TIGER FACE": "tiger",
    "MOUSE FACE": "mouse",
    "LION FACE": "lion",
    "BEAR FACE": "bear",
    "PANDA FACE": "panda",
    "FROG FACE": "frog",
    "FOX FACE": "fox",
    "UNICORN FACE": "unicorn",
    "MONKEY FACE": "monkey",
    "WOLF FACE": "wolf",
    "DRAGON FACE": "dragon",
    "SAILBOAT": "sailboat",
    "AIRPLANE": "airplane",
    "BICYCLIST": "cyclist",
    "SURFER": "surfer",
    "SKIER": "skier",
    "SWIMMER": "swimmer",
    "BICYCLE": "bicycle",
    "SOCCER BALL": "football",
    "BASKETBALL AND HOOP": "basketball",
    "TENNIS RACQUET AND BALL": "tennis",
    "HORSE RACING": "horse racing",
    "GUITAR": "guitar",
    "STEAM LOCOMOTIVE": "train",
    "SNOWMAN WITHOUT SNOW": "snowman",
}


def is_emoji(character: str) -> bool:
    """Whether a character is a pictograph, or what joins and colours pictographs."""
    return character in "\u200d\ufe0f\u20e3" or (
        ord(character) > 0x203B and unicodedata.category(character) in ("So", "Sk")
    )


def depicted(text: str) -> str:
    """The names of things that a text's emoji picture, in order, each once."""
    names: list[str] = []
    for character in text[:200]:
        if not is_emoji(character):
            continue
        official = unicodedata.name(character, "")
        name = _TO_SAY.get(official)
        if name is None and official and not _FEELING.search(official + " "):
            name = official.lower()
        if name and name not in names:
            names.append(name)
    return " ".join(names)


def without_emoji(text: str) -> str:
    """A text without its emoji."""
    return " ".join("".join(" " if is_emoji(c) else c for c in text).split())
