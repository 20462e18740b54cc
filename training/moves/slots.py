"""What the slots of the training lines are filled with: ``{the_s}``, ``{place}``, ``{when}``."""

import random
import re
from collections.abc import Callable, Mapping

from bot.intent.words import split_words
from bot.vocabulary.phrase_bank import PHRASES_NAME, WEIGHTS, read_phrases

NAMES = split_words(
    "Anna Ben Clara Max Lily Tom Grandma Grandpa mum Mum Dad dad Uncle|Joe Aunt|May Oscar "
    "Priya Yusuf Mei Sofia Lukas Nora Hassan Olga Pedro Emma Jack my|sister my|brother "
    "my|wife my|husband my|son our|daughter the|twins the|kids the|baby the|grandkids "
    "my|mother Gran Nana Rex Bella Luna Biscuit Charlie Molly Rosa Wei Amir Chloe Finn Greta "
    "Hugo Isla"
)
PLACES = split_words(
    "Rome Lisbon Kyoto Tokyo Paris Berlin Vienna Prague Oslo Munich London Edinburgh Dublin "
    "Madrid Barcelona Athens Istanbul Cairo Marrakesh Denver Chicago Boston Austin Seattle "
    "Toronto Vancouver Sydney Auckland Bangkok Hanoi Delhi Nepal Peru Iceland Norway Japan "
    "Italy Greece Spain Portugal Germany Austria Switzerland Scotland Ireland Wales Cornwall "
    "Brittany Tuscany Bali Hawaii Florida Texas California Canada Mexico Brazil Morocco Kenya "
    "the|UK the|US the|Alps the|coast New|York San|Diego Cape|Town Costa|Rica New|Zealand"
)
WHENS = [
    "2019",
    "2017",
    "2021",
    "2023",
    "in 2018",
    "from 2016",
    "last summer",
    "last year",
    "last month",
    "last week",
    "this spring",
    "in May",
    "from June",
    "in July 2020",
    "at Christmas",
    "on Christmas Eve",
    "at Easter",
    "on New Year's Eve",
    "yesterday",
    "two years ago",
    "three summers ago",
    "in the nineties",
    "last winter",
    "winter 2020",
    "spring 2022",
    "in autumn",
    "over the holidays",
    "on Halloween",
    "on my birthday",
    "in March",
    "since January",
    "before 2015",
    "after 2020",
    "between 2018 and 2020",
    "on 3 June",
    "the summer of 2019",
    "last Christmas",
    "on Sunday",
    "at the weekend",
    "from last August",
    "October",
    "summer",
    "2015 to 2017",
]
PLURALS = split_words(
    "dogs cats puppies kittens horses ducks cows sheep goats pigs birds owls elephants lions "
    "giraffes zebras monkeys bears deer foxes squirrels rabbits turtles fish whales dolphins "
    "seals butterflies spiders snakes children kids toddlers babies boys girls teenagers "
    "students dancers runners surfers skiers climbers hikers cyclists skaters musicians "
    "drummers singers brides clowns firefighters sailors swimmers divers tourists crowds "
    "friends grandparents twins cousins sunsets sunrises beaches mountains waterfalls lakes "
    "rivers forests flowers roses tulips trees bridges castles churches towers lighthouses "
    "windmills markets streets trains trams buses cars motorbikes bicycles boats ships "
    "sailboats kayaks planes balloons kites rockets tractors cakes pizzas pancakes sandwiches "
    "desserts birthday|cakes fireworks snowmen sandcastles pumpkins Christmas|trees costumes "
    "hats umbrellas guitars books statues murals tents campfires picnics weddings parades "
    "football|matches tennis|players basketball|games race|cars hot-air|balloons baby|animals "
    "family|dinners street|art rainbows clouds stars snow ice|cream food beach sea animals "
    "wildlife"
)
MASS = split_words(
    "snow rain fog ice|cream cake pizza soup pasta sushi coffee wine bread cheese fish rice "
    "pancakes flowers balloons candles water sand mud leaves rocks grass toys bikes hats "
    "sunglasses helmets masks umbrellas books boats cars dogs cats kids people trees"
)
PHOTO = split_words("photo picture pic photo picture photograph image shot snap")
FACES = split_words("😂 😍 😊 ❤️ 👍 🙏 😭 🥰 😅 🎉 👏 🙌 😎 🤣 💕 😘 ☺️ 🤔 😢 👋 🔥 💯")
EMOJI = split_words(
    "🐶 🐱 🐴 🦆 🐘 🦁 🐻 🐟 🐢 🦋 🌅 🏖️ 🏔️ ❄️ 🌸 🌳 "
    "🚗 🚲 ⛵ ✈️ 🎂 🍕 🎄 🎃 🏄 ⛷️ 🚴 🎸 ⚽ 🏀 🎾 👶 👰 🎈  🔥 🌈 🚂 🐄 🐑 🦉"
)

_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"^(?:an?|the|some|two|three|four|his|her) ")


class Filler:
    """Fills slots at random, the same for the same seed."""

    def __init__(self, seed: int = 0) -> None:
        """Read the phrase bank that comes with Photopal: what photos show, in our own words."""
        self._random = random.Random(seed)
        phrases, groups = read_phrases(WEIGHTS / PHRASES_NAME)
        by_group: dict[str, list[str]] = {}
        for phrase, group in zip(phrases, groups, strict=True):
            by_group.setdefault(group, []).append(phrase)
        self._subjects = [p for p in by_group["main_subject"] if _ARTICLE.match(p)]
        self._objects = by_group["foreground_objects"]
        self._scenes = by_group["background_scene"]
        self._events = [p for p in by_group["events"] if p.split()[0].endswith("ing")]
        self._looks = [
            p
            for p in by_group["materials_and_attributes"]
            if " " not in p and not p.endswith("ing")
        ]
        self._makers: Mapping[str, Callable[[], str]] = {
            "a_S": lambda: self._pick(self._subjects),
            "the_s": self._the_subject,
            "S": lambda: _ARTICLE.sub("", self._pick(self._subjects)),
            "plural": lambda: self._pick(PLURALS),
            "o": lambda: self._pick(self._objects),
            "O": lambda: self._pick(MASS),
            "scene": lambda: _ARTICLE.sub("", self._pick(self._scenes)),
            "the_scene": lambda: "the " + _ARTICLE.sub("", self._pick(self._scenes)),
            "in_scene": self._in_scene,
            "e": lambda: self._pick(self._events),
            "cap": self._caption,
            "A": lambda: self._pick(self._looks),
            "A2": lambda: self._pick(self._looks),
            "name": lambda: self._pick(NAMES),
            "name2": lambda: self._pick(NAMES),
            "place": lambda: self._pick(PLACES),
            "place2": lambda: self._pick(PLACES),
            "when": lambda: self._pick(WHENS),
            "photo": lambda: self._pick(PHOTO),
            "photos": lambda: self._pick(PHOTO) + "s",
            "face": lambda: self._pick(FACES),
            "emoji": lambda: self._pick(EMOJI),
        }

    def fill(self, line: str) -> str:
        """A line with each slot filled anew."""
        return _SLOT.sub(lambda match: self._makers[match[1]](), line)

    def _pick(self, values: "list[str] | tuple[str, ...]") -> str:
        return self._random.choice(values).replace("|", " ")

    def _the_subject(self) -> str:
        determiner = self._random.choice(("the", "the", "the", "my", "our", "that"))
        subject = self._pick(self._subjects)
        if self._random.random() < 0.3:
            subject = self._pick(self._objects)
        return f"{determiner} {_ARTICLE.sub('', subject)}"

    def _in_scene(self) -> str:
        preposition = self._random.choice(("in", "at", "on", "in", "near", "by", "in front of"))
        return f"{preposition} {self._pick(self._scenes)}"

    def _caption(self) -> str:
        parts = [self._pick(self._subjects)]
        if self._random.random() < 0.75:
            parts.append(self._pick(self._events))
        if self._random.random() < 0.5:
            parts.append(self._in_scene())
        elif self._random.random() < 0.3:
            parts.append("with " + self._pick(self._objects))
        return " ".join(parts)
