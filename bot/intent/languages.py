"""Other languages, by word lists: "zeig mir die Katze" is read as "the cat".

Common nouns of German, French, Spanish, Italian, Portuguese, Dutch and Chinese are put into
English for the encoder, which reads English; words of asking and the closed sets of moves are known
in each.
What is in no list stays as it is: names of people and places are the same anyway.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from bot.intent.plan import Aspect, Move
from bot.intent.spelling import is_photo_word
from bot.intent.words import split_words, word_list

# Moves whose words are known in every language, tried in this order: "danke", "encore".
MOVES = (
    Move.QUESTION,
    Move.THANKS,
    Move.GOODBYE,
    Move.MORE,
    Move.ANOTHER,
    Move.REJECT,
    Move.OLDER,
    Move.NEWER,
    Move.BACK,
    Move.CORRECT,
    Move.SHARE,
    Move.HELP,
    Move.SMALL_TALK,
)
ENGLISH = "en"

_SOCIAL = (Move.THANKS, Move.GOODBYE, Move.SMALL_TALK)

# Words that speak for English: "the", "show".
_ENGLISH = frozenset(
    split_words(
        "the a an of in on with and is are was show me find photo photos picture pictures you i "
        "my we to for from have do can please that this where what when it not one ones any some "
        "at by so but"
    )
)
_SHARED = frozenset(
    split_words(
        "no hi hello hey ok okay ciao adios adieu super top help perfect hallo encore test bravo "
        "prima genial dag"
    )
)
"""Said in English too."""

_LIKE_ENGLISH = frozenset(
    split_words(
        "man bank see hut tour port mare sole pane rose tram chat ours livre son alba pub faro "
        "pie mono red as mar die boot brief fort rock sand stage gens pore ave rio lente ape sale "
        "pool bat ram pin ton bola skate time loup bus car barca lago torre villa piano pizza "
        "orange violet grand cave prune legume mate metro radio auto camper solo mas ma juste"
    )
)
"""Nouns of other languages that are also English words, or names."""

# Words with apostrophes and hyphens inside: "l'eau", "montre-moi".
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# A Chinese character: "猫".
_HAN = re.compile(r"[\u4e00-\u9fff]")
_MOST_WORDS = 40


@dataclass(frozen=True)
class Foreign:
    """A message in another language.

    Attributes:
        language: two-letter code.
        english: what it names, in English as far as the word lists go; words of asking taken out.
        move: a move of the closed sets, or None.
        asks: words of asking were there.
        names_things: most of its words are nouns of the lists, so that it may be a terse request.
        numbers: photos named by their places.
        aspect: what is asked of a photo that is shown.
    """

    language: str
    english: str
    move: Move | None = None
    asks: bool = False
    names_things: bool = False
    numbers: tuple[int, ...] = ()
    aspect: Aspect = ""


@dataclass(frozen=True)
class _Language:
    code: str
    words: frozenset[str]
    nouns: Mapping[str, str]
    asking: re.Pattern[str]
    photo: re.Pattern[str]
    tail: re.Pattern[str]
    moves: Mapping[Move, re.Pattern[str]]
    ordinals: tuple[re.Pattern[str], ...] = field(default=())
    aspects: Mapping[Aspect, re.Pattern[str]] = field(default_factory=dict)

    @property
    def longest(self) -> int:
        return max(noun.count(" ") + 1 for noun in self.nouns)


def read_foreign(text: str, places: Collection[str] = (), spoken: str = ENGLISH) -> Foreign | None:
    """A message read as another language, or None when it is English or of no known language.

    Args:
        text: the message.
        places: its words that name places, in small letters: they are of no language ("Porto").
        spoken: language of the message before, in which a short one is likely meant ("de 2022").
    """
    text = text.strip()
    if _HAN.search(text):
        return _read_chinese(text)
    language = _language_of(text, places, spoken)
    return None if language is None else _read(text, language)


def _language_of(text: str, places: Collection[str], spoken: str) -> _Language | None:
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)[:_MOST_WORDS]]
    if not words:
        return None
    english = sum(
        1.0 if word in _ENGLISH else 0.5 if word in word_list("asking") else 0.0 for word in words
    )
    bare = text.lower().strip(" ,.!?¿¡")
    if bare in _SHARED and spoken == ENGLISH:
        return None
    if all(_is_english(word) or word in places for word in words):
        # "surfers in water" could be Dutch by each of its words.
        return None
    if len(words) == 1 and words[0] not in _LIKE_ENGLISH:
        named = [language for language in _languages() if words[0] in language.nouns]
        if named:
            return next((one for one in named if one.code == spoken), named[0])
    best, most = None, 0.0
    for language in _languages():
        closed = (*language.moves.values(), *language.aspects.values())
        moved = any(pattern.fullmatch(bare) for pattern in closed)
        score = sum(1.0 for word in words if word in language.words)
        score += sum(0.9 for word in words if word not in language.words and word in language.nouns)
        score += 1.5 * moved
        score += 1.0 * (language.code == spoken) + 1.0 * bool(_numbers(bare, language))
        if moved and not set(words) & (_ENGLISH | word_list("asking")):
            score += 1
        if score > most:
            best, most = language, score
    if best is None or most <= 1.3 * english or most < max(1.5, 0.5 * len(words)):
        return None
    return best


def _is_english(word: str) -> bool:
    """Whether a word is one that people use in English when they speak of photos."""
    return is_photo_word(word) or word in _ENGLISH or word.removesuffix("s") in _ENGLISH


def _read(text: str, language: _Language) -> Foreign:
    # Capitals stay: they tell a place ("aus Rom").
    bare = " ".join(text.replace("’", "'").split()).strip(" ,.!?¿¡;:")
    social = _social(bare, language)
    if social:
        return Foreign(language.code, "", social)
    bare = _without_courtesy(bare, language)
    for aspect, pattern in language.aspects.items():
        if pattern.fullmatch(bare):
            return Foreign(language.code, "", Move.QUESTION, aspect=aspect)
    for move in MOVES:
        match = language.moves[move].fullmatch(bare)
        if match:
            rest = next((part.strip() for part in match.groupdict().values() if part), "")
            return Foreign(language.code, _english(rest, language), move)
    first, comma, more = bare.partition(",")
    again = (language.moves[move] for move in (Move.ANOTHER, Move.MORE, Move.REJECT))
    refuses = comma and language.moves[Move.REJECT].fullmatch(first.strip())
    if refuses and any(one.fullmatch(more.strip()) for one in again):
        return Foreign(language.code, "", Move.REJECT)
    numbers = _numbers(bare, language)
    if numbers:
        words = bare.split()
        asked = _asked_of_one(bare, language)
        if asked:
            return Foreign(language.code, "", Move.QUESTION, numbers=numbers, aspect=asked)
        if set(bare.lower().split()) & _NOT_ABROAD and _names_one(_without_not(bare), language):
            return Foreign(language.code, "", Move.REJECT, numbers=numbers)
        shares = language.moves[Move.SHARE].match(bare) or any(
            language.moves[Move.SHARE].fullmatch(word) for word in words
        )
        if shares or _names_one(bare, language):
            return Foreign(
                language.code, "", Move.SHARE if shares else Move.ORDINAL, numbers=numbers
            )
    rest, asks = _without_asking(" ".join(text.split()).strip(" ,.!?¿¡;:"), language)
    english = _english(rest, language)
    return Foreign(language.code, english, asks=asks, names_things=_names_things(rest, language))


def _names_things(text: str, language: _Language) -> bool:
    words = [word.lower() for word in _WORD.findall(text)]
    known = [word for word in words if _look_up(word, language) is not None]
    return len(words) <= 12 and len(known) >= max(1, 0.7 * len(words))


def _without_asking(text: str, language: _Language) -> tuple[str, bool]:
    asks = False
    for pattern in (language.asking, language.photo):
        match = pattern.match(text)
        whole_word = (
            match
            and match[0]
            and (match[0][-1] in " '-" or not text[match.end() : match.end() + 1].isalpha())
        )
        if match and whole_word:
            text, asks = text[match.end() :].strip(" ,.:;"), True
    while match := language.tail.search(text):
        text, asks = text[: match.start()].rstrip(" ,"), True
    return text, asks


def _english(text: str, language: _Language) -> str:
    words = text.split()
    found: list[str] = []
    place = 0
    while place < len(words):
        for size in range(min(language.longest, len(words) - place), 0, -1):
            phrase = " ".join(words[place : place + size]).lower().replace("’", "'").strip(",.!?;:")
            english = _look_up(phrase, language)
            if english is not None:
                found.append(english)
                place += size
                break
        else:
            found.append(words[place])
            place += 1
    return re.sub(r"\b(the|a|my|our|of) (?:the|a|of)\b", r"\1", " ".join(found))


def _look_up(phrase: str, language: _Language) -> str | None:
    if phrase in language.nouns:
        return language.nouns[phrase]
    for start in ("l'", "d'", "un'", "dell'", "nell'", "all'", "sull'"):
        if phrase.startswith(start) and phrase[len(start) :] in language.nouns:
            return f"the {language.nouns[phrase[len(start) :]]}"
    return None


def _numbers(bare: str, language: _Language) -> tuple[int, ...]:
    words = [word.strip(",.;:¿?¡!") for word in bare.split()]
    found = []
    for number, pattern in enumerate(language.ordinals, start=1):
        if any(pattern.fullmatch(word) for word in words):
            found.append(-1 if number == len(language.ordinals) else number)
    return tuple(found)


def _social(bare: str, language: _Language) -> Move | None:
    """The move of thanks, greetings and farewells said one after the other: "merci, bonne nuit"."""
    parts = [part.strip() for part in re.split(r"[,.!;]+", bare) if part.strip()]
    moves = [
        next((move for move in _SOCIAL if language.moves[move].fullmatch(part)), None)
        for part in parts
    ]
    if len(parts) < 2 or None in moves:
        return None
    return Move.GOODBYE if Move.GOODBYE in moves else moves[0]


def _without_courtesy(bare: str, language: _Language) -> str:
    """A message without "please" at its end and thanks before it: "danke, das zweite bitte"."""
    first, comma, rest = bare.partition(",")
    if comma and any(language.moves[move].fullmatch(first.strip()) for move in _SOCIAL):
        bare = rest.strip()
    for _ in range(3):
        match = language.tail.search(bare)
        thanks = re.search(r",\s*([^,]+)$", bare)
        if match and match.start() > 0 and not language.photo.fullmatch(match[0].strip(" ,")):
            bare = bare[: match.start()].rstrip(" ,")
        elif thanks and language.moves[Move.THANKS].fullmatch(thanks[1].strip()):
            bare = bare[: thanks.start()]
        else:
            break
    return bare


def _asked_of_one(bare: str, language: _Language) -> Aspect:
    """What is asked of a photo that is named by its place: "wann war das zweite?" is "when"."""
    rest: list[str] = []
    at = 0
    for word in re.sub(r"[¿?¡!]", " ", bare).split():
        ordinal = any(one.fullmatch(word.strip(",.;:")) for one in language.ordinals)
        if not ordinal:
            rest.append(word)
        elif rest and len(rest[-1]) < _LONGEST_ARTICLE:
            rest.pop()
        at = len(rest) if ordinal else at
    left = " ".join(rest)
    clauses = [part.strip(" ,.;:") for part in (left, *re.split(r"[,.;:]", left))]
    clauses += [" ".join([*rest[:at], it.strip(), *rest[at:]]) for it in _IT]
    for clause in clauses:
        for aspect, pattern in language.aspects.items():
            if any(pattern.fullmatch(f"{clause}{it}") for it in _IT):
                return aspect
    return ""


_LONGEST_ARTICLE = 4
_IT = ("", " das", " dat")
"""What may stand for the photo: "wann war das", "dónde fue"."""


_NOT_ABROAD = frozenset(split_words("nicht ohne pas sans no sin non senza não sem niet zonder"))


def _without_not(bare: str) -> str:
    return " ".join(word for word in bare.split() if word.lower() not in _NOT_ABROAD)


def _names_one(bare: str, language: _Language) -> bool:
    """Whether a text is about one of several and nothing else: "das dritte", not "last year"."""
    others = [
        word
        for word in bare.lower().split()
        if not any(one.fullmatch(word) for one in language.ordinals)
    ]
    little = ("the", "a", "and", "of", "of the", "in the")
    return len(others) <= 3 and all(
        _look_up(word, language) in little
        or language.photo.fullmatch(word)
        or language.tail.fullmatch(word)
        for word in others
    )


def _read_chinese(text: str) -> Foreign:
    chinese = _chinese()
    bare = text.strip(" ,.!?，。！？~\u3000")
    for move in MOVES:
        match = chinese.moves[move].fullmatch(bare)
        if match:
            rest = (match.groupdict().get("rest") or "").strip()
            return Foreign("zh", _chinese_english(rest, chinese), move)
    match = re.search(r"第([一二三四五六七八九十\d]+)[张个]|最后一张", bare)
    if match and len(bare) <= 10:
        digits = "一二三四五六七八九十"
        number = (
            -1
            if match[1] is None
            else int(match[1])
            if match[1].isdigit()
            else digits.find(match[1]) + 1
        )
        shares = bool(re.search(r"分享|发", bare))
        return Foreign("zh", "", Move.SHARE if shares else Move.ORDINAL, numbers=(number or 1,))
    asks = False
    match = chinese.asking.match(bare)
    if match:
        bare, asks = bare[match.end() :], True
    for pattern in (chinese.photo, chinese.tail):
        shorter = pattern.sub("", bare)
        asks |= shorter != bare
        bare = shorter
    english = _chinese_english(bare, chinese)
    return Foreign("zh", english, asks=asks, names_things=english != bare and len(bare) <= 12)


def _chinese_english(text: str, chinese: _Language) -> str:
    found: list[str] = []
    place = 0
    while place < len(text):
        for size in range(min(5, len(text) - place), 0, -1):
            part = text[place : place + size]
            if part in chinese.nouns:
                found.append(chinese.nouns[part])
                place += size
                break
        else:
            if not _HAN.match(text[place]):
                found.append(text[place])
            place += 1
    words = " ".join(part for part in found if part.strip())
    words = (
        re.sub(r"(?<=[A-Za-z0-9]) (?=[A-Za-z0-9] |[A-Za-z0-9]$)", "", words)
        if text.isascii()
        else words
    )
    return re.sub(r"^of |\bof$", "", words).strip() or text


@cache
def _table() -> tuple[tuple[str, ...], ...]:
    text = files("bot.intent.words").joinpath("nouns.tsv").read_text(encoding="utf-8")
    return tuple(tuple(line.split("\t")) for line in text.splitlines() if line.strip())


def _nouns(code: str) -> dict[str, str]:
    head, *rows = _table()
    column = head.index(code)
    phrases = {
        "coucher de soleil",
        "couchers de soleil",
        "puesta de sol",
        "pôr do sol",
        "lever de soleil",
        "nascer do sol",
        "aire de jeux",
        "parque infantil",
        "parco giochi",
        "barca a vela",
        "tienda de campaña",
        "feu d'artifice",
        "fuegos artificiales",
        "fuochi d'artificio",
        "fogos de artifício",
        "árbol de navidad",
        "albero di natale",
        "árvore de natal",
        "bonhomme de neige",
        "muñeco de nieve",
        "pupazzo di neve",
        "boneco de neve",
        "café da manhã",
        "in de",
        "op de",
        "van de",
        "dans le",
        "en el",
        "de la",
    }
    found: dict[str, str] = {}
    for row in rows:
        cell = row[column] if column < len(row) else ""
        for phrase in sorted(phrases, key=len, reverse=True):
            if re.search(rf"(?:^| ){re.escape(phrase)}(?: |$)", cell):
                found.setdefault(phrase, row[0])
                cell = re.sub(rf"(?:^| ){re.escape(phrase)}(?= |$)", " ", cell)
        for word in cell.split():
            found.setdefault(word, row[0])
    return found


@cache
def _languages() -> tuple[_Language, ...]:
    text = files("bot.intent.words").joinpath("foreign.json").read_text(encoding="utf-8")
    found = []
    for code, parts in json.loads(text).items():
        ordinals = (*parts["ordinals"].split(), parts["last"])
        found.append(
            _Language(
                code,
                frozenset(parts["words"].split()),
                _nouns(code),
                re.compile(parts["asking"], re.IGNORECASE),
                re.compile(parts["photo"], re.IGNORECASE),
                re.compile(rf"(?:^|[\s,]+){parts['tail']}$", re.IGNORECASE),
                {
                    move: re.compile(
                        # "algo más antiguo": something older.
                        f"{parts['some']}(?:{parts[str(move)]})"
                        if move in (Move.OLDER, Move.NEWER)
                        else parts[str(move)],
                        re.IGNORECASE,
                    )
                    for move in MOVES
                },
                tuple(re.compile(word, re.IGNORECASE) for word in ordinals),
                {
                    "when": re.compile(parts["when"], re.IGNORECASE),
                    "where": re.compile(parts["where"], re.IGNORECASE),
                },
            )
        )
    return tuple(found)


@cache
def _chinese() -> _Language:
    text = files("bot.intent.words").joinpath("chinese.json").read_text(encoding="utf-8")
    parts = json.loads(text)
    return _Language(
        "zh",
        frozenset(),
        _nouns("zh"),
        re.compile(parts["asking"]),
        re.compile(parts["photo"]),
        re.compile(parts["tail"] + "$"),
        {move: re.compile(parts[str(move)]) for move in MOVES},
    )
