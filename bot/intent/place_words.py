"""Words of place: prepositions, regions of the world, nicknames and nationalities."""

from collections.abc import Mapping

NEAR_NAME = (
    "in", "from", "at", "near", "around", "across", "through", "outside", "into", "via", "visiting",
    "visited", "leaving", "inside", "throughout", "toward", "towards",
)  # fmt: skip
"""English prepositions that make the name behind them a place."""

ABROAD_NEAR_NAME = (
    "aus", "nach", "bei", "von", "im", "en", "à", "au", "aux", "de", "du", "des", "del",
    "della", "da", "do", "dal", "em", "na", "uit", "naar", "op", "van", "di",
)  # fmt: skip
"""The same in German, French, Spanish, Italian, Portuguese and Dutch."""

WEAK_NEAR_NAME = ("to", "of", "about", "over", "by")
"""They stand before people and things as well."""

TRAVEL = (
    r"(?:trips?|holidays?|vacations?|honeymoon|weekend|getaway|tour|visit|journey|photos?|pics?|"
    r"pictures?|ones?|snaps?|shots?|album|skyline|streets?|airport|subway|metro|harbou?r|marathon|"
    r"reise|urlaub|days)"
)
"""Words behind a name that make it a place."""

FIRST_NAMES = frozenset(
    [
        "alexandria", "asia", "aspen", "austin", "brooklyn", "carolina", "chelsea", "cheyenne",
        "dakota", "dallas", "devon", "eugene", "florence", "francis", "georgia", "helena", "india",
        "ireland", "israel", "kent", "kenya", "lourdes", "milan", "odessa", "orlando", "paris",
        "phoenix", "portia", "regina", "roman", "salem", "samara", "sienna", "siena", "sierra",
        "sofia", "sydney", "valencia", "verona", "vienna", "virginia",
    ]
)  # fmt: skip
"""Places that are people's names too: a preposition must stand before them."""

WORLD_REGIONS: Mapping[str, str] = {
    "scandinavia": "NO SE DK",
    "the nordics": "NO SE DK FI IS",
    "the nordic countries": "NO SE DK FI IS",
    "the balkans": "AL BA BG HR XK ME MK RS SI GR RO",
    "the baltics": "EE LV LT",
    "benelux": "BE NL LU",
    "the british isles": "GB IE",
    "iberia": "ES PT",
    "the alps": "AT CH IT FR DE SI LI",
    "the mediterranean": "ES FR IT GR HR TR MT CY MC EG TN MA IL LB AL ME SI",
    "central europe": "DE AT CH PL CZ SK HU SI LI",
    "eastern europe": "PL CZ SK HU RO BG UA BY MD RU EE LV LT",
    "western europe": "DE FR NL BE LU AT CH GB IE ES PT MC LI",
    "southern europe": "ES PT IT GR MT CY HR AL",
    "northern europe": "NO SE DK FI IS EE LV LT GB IE",
    "latin america": "MX GT BZ SV HN NI CR PA CO VE EC PE BO CL AR UY PY BR CU DO PR",
    "central america": "GT BZ SV HN NI CR PA MX",
    "the caribbean": "CU DO HT JM BS BB TT LC AG KN GD VC DM PR VI AW CW KY TC MQ GP",
    "the middle east": "AE SA QA KW BH OM YE IL JO LB SY IQ IR TR EG PS",
    "southeast asia": "TH VN LA KH MM MY SG ID PH BN TL",
    "south east asia": "TH VN LA KH MM MY SG ID PH BN TL",
    "east asia": "JP KR CN TW HK MO MN KP",
    "south asia": "IN PK BD LK NP BT MV",
    "the far east": "JP KR CN TW HK MO TH VN MY SG ID PH",
    "north africa": "MA DZ TN LY EG",
    "indochina": "VN LA KH",
    "polynesia": "PF WS TO CK",
}
"""Regions of several countries, as codes. Continents come from the gazetteer."""

CONTINENTS: Mapping[str, tuple[str, ...]] = {
    "EU": ("europe", "europa", "欧洲"),
    "AS": ("asia", "asien", "asie", "亚洲"),
    "AF": ("africa", "afrika", "afrique", "áfrica", "非洲"),
    "NA": ("north america", "nordamerika", "norteamérica", "amérique du nord"),
    "SA": ("south america", "südamerika", "sudamérica", "amérique du sud", "南美"),
    "OC": ("oceania", "ozeanien", "océanie"),
}

NICKNAMES: Mapping[str, tuple[str, str]] = {
    "cali": ("California", "United States"),
    "socal": ("California", "United States"),
    "norcal": ("California", "United States"),
    "the golden state": ("California", "United States"),
    "the lone star state": ("Texas", "United States"),
    "the sunshine state": ("Florida", "United States"),
    "the big island": ("Hawaii", "United States"),
    "waikiki": ("Hawaii", "United States"),
    "tassie": ("Tasmania", "Australia"),
    "bavaria": ("Bavaria", "Germany"),
    "bayern": ("Bavaria", "Germany"),
    "tirol": ("Tyrol", "Austria"),
    "catalunya": ("Catalonia", "Spain"),
    "toskana": ("Tuscany", "Italy"),
    "bali": ("Bali", "Indonesia"),
    "england": ("England", "United Kingdom"),
    "scotland": ("Scotland", "United Kingdom"),
    "écosse": ("Scotland", "United Kingdom"),
    "escocia": ("Scotland", "United Kingdom"),
    "schottland": ("Scotland", "United Kingdom"),
    "wales": ("Wales", "United Kingdom"),
    "the highlands": ("Scotland", "United Kingdom"),
}
"""Names of states and provinces that GeoNames does not have, or has in the country's language."""

COUNTRY_NICKNAMES: Mapping[str, str] = {
    "the land of the rising sun": "Japan",
    "blighty": "United Kingdom",
    "the emerald isle": "Ireland",
    "across the pond": "United States",
    "the old country": "",
    "aussieland": "Australia",
    "oz": "Australia",
    "stateside": "United States",
}

NATIONALITIES: Mapping[str, str] = {
    "american": "US", "british": "GB", "english": "GB", "scottish": "GB", "welsh": "GB",
    "irish": "IE", "french": "FR", "german": "DE", "austrian": "AT", "swiss": "CH",
    "italian": "IT", "spanish": "ES", "portuguese": "PT", "dutch": "NL", "belgian": "BE",
    "danish": "DK", "swedish": "SE", "norwegian": "NO", "finnish": "FI", "icelandic": "IS",
    "polish": "PL", "czech": "CZ", "slovak": "SK", "hungarian": "HU", "romanian": "RO",
    "bulgarian": "BG", "greek": "GR", "turkish": "TR", "croatian": "HR", "slovenian": "SI",
    "serbian": "RS", "russian": "RU", "ukrainian": "UA", "japanese": "JP", "chinese": "CN",
    "korean": "KR", "thai": "TH", "vietnamese": "VN", "indian": "IN", "nepalese": "NP",
    "indonesian": "ID", "malaysian": "MY", "filipino": "PH", "australian": "AU",
    "new zealand": "NZ", "kiwi": "NZ", "canadian": "CA", "mexican": "MX", "cuban": "CU",
    "brazilian": "BR", "argentinian": "AR", "chilean": "CL", "peruvian": "PE",
    "colombian": "CO", "egyptian": "EG", "moroccan": "MA", "tunisian": "TN", "kenyan": "KE",
    "south african": "ZA", "israeli": "IL", "parisian": "FR",
}  # fmt: skip
"""A place only before words such as "trip" or "ones": Italian food is eaten everywhere."""

VISIT = (
    r"(?:trips?|holidays?|vacations?|honeymoon|weekend|getaway|tour|photos?|pics?|pictures?|ones|"
    r"snaps|shots|album|summer|winter|adventures?|road trip|journey|visit)"
)
"""What may stand behind a nationality so that it is a place."""
