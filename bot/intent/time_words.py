"""The words of time in the languages that Photopal understands, as patterns without groups."""

import re
from collections.abc import Mapping

from bot.intent.feasts import FEAST_NAMES

MONTHS: Mapping[str, int] = {
    word: number
    for number, words in enumerate(
        (
            "january januar janvier enero gennaio janeiro januari jan jänner",
            "february februar février febrero febbraio fevereiro februari feb",
            "march märz mars marzo março maart mar",
            "april avril abril aprile apr",
            "may mai mayo maggio maio mei",
            "june juni juin junio giugno junho jun",
            "july juli juillet julio luglio julho jul",
            "august août agosto augustus aug",
            "september septembre septiembre settembre setembro sep sept",
            "october oktober octobre octubre ottobre outubro oct",
            "november novembre noviembre novembro nov",
            "december dezember décembre diciembre dicembre dezembro dec",
        ),
        start=1,
    )
    for word in words.split()
}
"""Month names, lower case, to 1 to 12; abbreviations are English only."""

SEASONS: Mapping[str, int] = {
    word: number
    for number, words in enumerate(
        (
            "spring springtime frühling frühjahr printemps primavera lente voorjaar 春天 春季",
            "summer summertime sommer été verano estate verão zomer 夏天 夏季",
            "fall autumn herbst automne otoño autunno outono herfst najaar 秋天 秋季",
            "winter wintertime hiver invierno inverno 冬天 冬季",
        )
    )
    for word in words.split()
}
"""Season names, lower case: 0 spring, 1 summer, 2 autumn, 3 winter."""

NUMBERS: Mapping[str, int] = {
    word: number
    for number, words in enumerate(
        (
            "a an one ein einem einer un une una uno um uma een 一",
            "two zwei deux dos due dois duas twee 两 二",
            "three drei trois tres tre três drie 三",
            "four vier quatre cuatro quattro quatro 四",
            "five fünf cinq cinco cinque vijf 五",
            "six sechs seis sei zes 六",
            "seven sieben sept siete sette sete zeven 七",
            "eight acht huit ocho otto oito 八",
            "nine neun neuf nueve nove negen 九",
            "ten zehn dix diez dieci dez tien 十",
            "eleven elf onze once undici",
            "twelve zwölf douze doce dodici doze twaalf",
            "thirteen",
            "fourteen",
            "fifteen",
        ),
        start=1,
    )
    for word in words.split()
}
COUPLE = r"(?:a )?couple(?: of)?|ein paar|deux ou trois|un par de|un paio di|um par de|een paar"
FEW = r"(?:a |some )?few|several|some|einigen?|quelques|algunos|alguns|unos|qualche|enkele"

DAY_UNIT = r"(?:days?|tag(?:e|en)?|jours?|d[ií]as?|giorn[oi]|dag(?:en)?)"
WEEK_UNIT = r"(?:weeks?|wochen?|semaines?|semanas?|settiman[ae]|weken)"
MONTH_UNIT = r"(?:months?|monat(?:e|en|s)?|mois|mes(?:es)?|mes[ei]|mês|maand(?:en)?)"
YEAR_UNIT = r"(?:years?|yrs?|jahr(?:e|en|es)?|ans?|années?|años?|ann[oi]|anos?|jaar|jaren)"

LAST_BEFORE = (
    r"(?:last|(?:this |the |these )?past|previous|letzte[nmrs]?|vorige[nmrs]?|vergangene[nmrs]?|"
    r"afgelopen)"
)
LAST_AFTER = r"(?:derni(?:er|ère)|passée?|pasad[oa]|scors[oa]|passad[oa])"
THIS = r"(?:this|diese[nmrs]?|cet(?:te)?|est[ea]|quest[oa]|deze|dit)"
NEXT_BEFORE = r"(?:next|coming|upcoming|nächste[nmrs]?|kommende[nmrs]?|volgende?|komende)"
NEXT_AFTER = r"(?:prochaine?|próxim[oa]|que viene|prossim[oa])"
AGO_AFTER = r"(?:ago|back|earlier|geleden|fa|atrás|前)"
AGO_BEFORE = r"(?:vor|il y a|hace|há|前)"

WEEKDAYS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "monday montag lundi lunes maandag",
            "tuesday dienstag mardi martes dinsdag",
            "wednesday mittwoch mercredi miércoles woensdag",
            "thursday donnerstag jeudi jueves donderdag",
            "friday freitag vendredi viernes vrijdag",
            "saturday samstag samedi sábado zaterdag",
            "sunday sonntag dimanche domingo zondag",
        )
    )
    for name in names.split()
}


def alternatives(words: Mapping[str, int]) -> str:
    """A pattern of any of the words, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"


COUNT = rf"(?:\d{{1,3}}|{alternatives(NUMBERS)}|{COUPLE}|{FEW})"


def count_of(text: str) -> tuple[int, int]:
    """The smallest and largest number that a word may mean: "a couple of" -> 2 to 3."""
    word = " ".join(text.casefold().split())
    if word.isdigit():
        return int(word), int(word)
    if word in NUMBERS:
        return NUMBERS[word], NUMBERS[word]
    return (2, 3) if re.fullmatch(COUPLE, word) else (2, 6)


# Patterns of what the rules are made of.


MONTH = alternatives(MONTHS)
SEASON = alternatives(SEASONS)
DAY_NUMBER = r"(?:[12]\d|3\d|0?[1-9])(?:st|nd|rd|th|\.)?"
DAY = (
    rf"(?:(?:the |am |le |el |il |o |de )?{DAY_NUMBER}(?: of| de| day of)? {MONTH}\b"
    rf"|{MONTH} (?:the )?{DAY_NUMBER}(?![\d:]))"
)
PART = (
    r"(?:early|mid|late|(?:the )?(?:very )?(?:beginning|start|middle|end)(?: of)?|anfang|mitte|"
    r"ende|"
    r"début|mi|fin|principios de|finales de|inizio|fine)"
)
WEEK_OF = r"(?:the )?(?:first|second|third|fourth|last) week(?:end)?(?: of| in)"
PART_OF_MONTH = rf"(?:{PART}[- ](?:the )?|{WEEK_OF} ){MONTH}\b"
FEAST = rf"(?:(?:the )?(?:first|last) (?:night|day|evening) of )?{FEAST_NAMES}\b"
UNIT = (
    rf"(?:{PART_OF_MONTH}|{DAY}|{FEAST}|(?:{PART}[- ])?(?:the )?{SEASON}\b|"
    rf"(?:the month of )?{MONTH}\b\.?)"
)
FOUR = r"(?:1[89]|20)\d\d(?![\d.,:]\d|\d|[-/]\d)"
AGO = (
    rf"(?:(?:about |around |roughly |some )?{COUNT} {YEAR_UNIT} {AGO_AFTER}\b"
    rf"|{AGO_BEFORE} {COUNT} {YEAR_UNIT}\b)"
)
RELATIVE_YEAR = (
    rf"(?:(?:the )?year before(?: last)?\b|vorletztes jahr|avant-hier|{AGO}"
    rf"|(?:the |l'|el |o |het )?(?!past ans?\b){LAST_BEFORE} {YEAR_UNIT}\b"
    rf"|(?:the |l'|el |o |het )?{YEAR_UNIT} {LAST_AFTER}\b"
    rf"|{THIS} {YEAR_UNIT}\b|(?:earlier|later) this year)"
)
YEAR = rf"(?:{FOUR}|['’]\d\d\b|{RELATIVE_YEAR})"
OF = r"(?:,? (?:of|in|from|back in|de|del|des|do|von|van|im) (?:the )?(?:year )?|,? (?:the )?| )"
IN = (
    r"(?:,? (?:(?:back |right |over |around |about )?(?:in|at|on|over|during|for|around|im|an|en|à|"
    r"au|a|em|no|na)) (?:the )?|'s |,? )"
)
PREPOSITION = (
    r"(?:(?:(?:way |right |all the way )?back (?:in|from|on|at)|from back in|"
    r"(?:some(?:time|where) )?(?:in|during|from|of|on|at|over|around|about|circa|since)"
    r"(?: about| around)?|im|am|an|aus|vom|zu|en|à|au|de|du|del|desde|em|no|na|nel|di|le|op|"
    r"van)(?: the| der| dem| la| el| l[eo]| het)?(?: year| month| summer of| jahr)? )"
)
POINT = rf"(?:{UNIT}(?:{OF}{YEAR})?|{YEAR})"
THING = (
    r"(?! ?(?:tree|card|present|gift|light|market|party|dinner|lunch|roast|turkey|cookie|carol|"
    r"song|"
    r"movie|film|jumper|sweater|pajama|stocking|decoration|ornament|wreath|bauble|hat|costume|egg|"
    r"bunny|basket|hunt|pumpkin|candy|parade|firework|cake|pudding|play|concert|pageant|outfit|"
    r"dress|break[- ]?fast|menu|list|table|spirit|vibe|market)s?\b|-\w)"
)
COUNTED = (
    r"(?! ?(?!was\b|is\b|has\b|his\b|as\b|this\b|us\b|pics?\b|pictures?\b|photos?\b|ones?\b|"
    r"shots?\b|"
    r"images?\b|photographs?\b|yes\b|christmas\b|videos?\b|memories\b|album\b|trips?\b|holidays?\b|"
    r"vs\b|plus\b|perhaps\b|always\b|selfies?\b|does\b|goes\b|looks?\b|snaps?\b)"
    r"(?:\w+s|people|feet|km|kg|percent|dollars|euros|bucks|calories|metres|pieces|of)\b)"
)
