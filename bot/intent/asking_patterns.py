"""How people ask for photos and announce them, as patterns put together from small pieces."""

import re

_A = r"['’`]?"
# A photo in any word: "pic", "snapshots".
PHOTO = (
    r"(?:pics?|pix|piccies|pictures?|photos?|photographs?|fotos?|images?|snaps?|snapshots?|shots?)"
)
# Several of them: "pics", "photos".
_PHOTOS = r"(?:pics|pix|piccies|pictures|photos|photographs|fotos|images|snaps|snapshots|shots)"
# Words that may stand between the words of asking: "please", "just".
_POLITE = (
    r"(?:please|pls|plz|kindly|just|maybe|perhaps|possibly|also|quickly|then|now|again|still|ever|"
    r"actually|really|by any chance|happen to|even|only|all|so|very much|first|quick)"
)
# Who else a photo may be for: "my sister", "the kids".
_RELATIVE = (
    r"(?:mum|mom|mam|mummy|mommy|dad|daddy|mother|father|wife|husband|sister|brother|son|daughter|"
    r"gran|granny|grandma|grandmother|grandpa|granddad|grandad|aunt|auntie|uncle|cousin|niece|"
    r"nephew|friends?|boss|girlfriend|boyfriend|partner|colleagues?|mate|family|parents|kids|"
    r"children|grandkids|grandchildren|neighbou?rs?|teacher|in-laws)"
)
# To whom it is shown: "me", "my mum".
_ME = (
    rf"(?:me|us|him|her|them|everyone|everybody|(?:my|our|the) {_RELATIVE}(?= (?:the|that|those|a|"
    r"some|any|one|my|our)\b))"
)
# Some of them, after a name: "send anna something", "send mum a photo".
SENDS_SOME = re.compile(
    r"(?:(?:please|can you|could you|i(?: would|['’]?d)? (?:want|need|have|like|wanna)(?: to)?|"
    r"let['’]?s|i wanna) )*(?:send|share with) (?:him|her|them|(?:my|our) \w+|(?!(?:the|my|our|a|"
    r"an|it|this|that|them|those|these|some|any|all|me|us|photos?|pictures?|pics?|one|something|"
    r"number)\b)[^\W\d_]+)(?: and [^\W\d_]+)? (?=(?:something|some|a|an|any|one of|a few|photos?|"
    r"pictures?|pics?)\b)",
    re.IGNORECASE,
)
# Before the word for a photo: "any of the", "another".
_DET = (
    r"(?:the|an?|any|some|that|this|those|these|my|our|your|ur|his|her|their|all(?: of)?|every|"
    r"another|other|one|more|few|couple|lots?|bunch|loads?|of|both|which|what|two|three)"
)
# Words of liking before it, that say nothing of what is in it: "nice", "latest".
_LOOKS = (
    r"(?:nice|good|great|best|better|cool|old|older|new|newer|newest|oldest|recent|latest|"
    r"favou?rite|"
    r"funny|cute|lovely|beautiful|pretty|decent|amazing|awesome|single|random|only|particular|"
    r"certain|"
    r"specific|actual|original|famous|silly|little|holiday|vacation|family)"
)
# After it, how it came about: "I took", "that was taken there".
_TAKEN = (
    r"(?: (?:that |which )?(?:i|we|you|he|she|they|somebody|someone|mum|mom|dad|grandma|my \w+|"
    r"[A-Z]\w+)"
    rf"(?:{_A}ve|{_A}d| have| had)? (?:ever |just |once )?"
    r"(?:took|take|taken|snapped|got|have|had|made|shot|saved|sent|posted|captured)"
    r"(?: (?:there|here|once|back then|then))?| (?:that (?:was|were) )?(?:taken|shot|made)"
    r"| there (?:is|are)| you know| somewhere| I mean| i mean| lying around| please)?"
)
# Between it and what it shows: "of", "with", "where you can see".
_CONNECT = (
    rf"(?:,? (?:of|with|showing|shows|featuring|depicting|containing|including|from|about|whose|"
    rf"in which|on which|when|where(?:in)?(?: (?:there(?:{_A}s| is| are| was| were)|you can see|"
    rf"you see|we see|one sees))?|(?:that|which) (?:shows?|has|have|had|features?|contains?)|"
    rf"(?:that|which|who)(?:{_A}s| is| are| was| were)))\b"
)
# What it shows follows at once: "a photo my dog", "pic the bridge".
_NEW_PHRASE = r"(?=\s+[\"'“‘]?(?:an?|the|two|three|my|our|some)\b)"
# What ends the words for a photo: "of", a colon, "in the garden", the end.
_PHOTO_END = (
    rf"(?:{_CONNECT}|\s*[:,–—]|{_NEW_PHRASE}|(?=\s+(?:in|on|at|by|near|inside|under)\b)|"
    rf"(?=\s*[?!.]*$))"
)
# A photo up to what it shows: "some nice pictures of", "the one where", "anything with".
_PHOTO_WORDS = (
    rf"(?:(?:{_DET} ){{0,4}}(?:{_LOOKS} ){{0,2}}{PHOTO}(?: or two)?{_TAKEN}{_PHOTO_END}"
    rf"|(?:{_DET} ){{0,3}}(?:(?<=\s)|(?<=^)){PHOTO}{_TAKEN}{_PHOTO_END}"
    rf"|(?:the|that|those|any|some|a|my|our) (?:{_LOOKS} )?(?:ones?){_TAKEN}{_CONNECT}"
    rf"|(?:any|some|something|anything|everything|one|ones|those|loads|more|all){_TAKEN}{_CONNECT}"
    rf"|(?:anything|something|everything)(?= (?:in|on|at|near|by) )"
    r"|any\b(?=.* (?:in|on) (?:it|them|there)\W*$)"
    r"|any\b(?=[^?]*\?\s*$)(?! more| chance| idea| better| good\b| plans| other))"
)

# What one does with a photo: "show", "dig out", "have a look at".
_VERB = (
    r"(?:show|find|get|give|bring up|bring|pull up|pull out|dig up|dig out|look up|look for|"
    r"search for|"
    r"search|fetch|locate|display|open up|open|load|retrieve|grab|hand|pass|see|view|look at|"
    r"look through|"
    r"(?:have|take|get|steal)(?: a| another| one more| a quick)? (?:look|peek|glance|"
    r"glimpse) (?:at|of)|have|"
    r"check for|check|share|send|spot|track down|hunt down|hunt for|call up|put up|go find|go get|"
    r"dig around for|browse|pick out|choose|compile|collect|gather|assemble|put together|provide|"
    r"select|suggest|recommend)"
)
# The same after "mind" and "about": "showing", "looking for".
_VERBING = (
    r"(?:showing|finding|getting|giving|bringing up|pulling up|pulling out|digging up|digging out|"
    r"looking up|looking for|searching for|fetching|locating|displaying|opening|seeing|sending|"
    r"having|looking at|sharing)"
)
# "can", "could".
_MODAL = rf"(?:can|could|would|will|may|might|cld|cud|shall|should)(?:n{_A}t)?"
# Between "can you" and the verb: "be able to", "help me".
_HELP_TO = (
    r"(?:be able to |help (?:me|us)(?: out)?(?: to)? |try (?:to|and) |go and |manage to |"
    r"like to |care to )?"
)
# Any number of polite words: "please just", "maybe".
_POL = rf"(?:{_POLITE} )*"
# Wishes: "want", "could do with".
_WANT = (
    r"(?:want|wanna|need|like|love|wish|fancy|hope|prefer|require|could do with|could use|long|"
    r"am dying|"
    r"feel like|would kill|have)"
)
# Somebody believes that there is one: "I'm sure", "I could have sworn".
_SURE = (
    rf"(?:(?:i|we)(?:{_A}m| am)? (?:think|know|believe|guess|swear|bet|sure|certain|positive|"
    rf"remember|"
    r"recall)|pretty sure|surely|i could have sworn)(?: that)?"
)

# "cheer me up with", "treat us to": what follows is asked for.
CHEERING = (
    rf"(?:cheer {_ME} up|surprise {_ME}|treat {_ME}|hit {_ME}|amaze {_ME}|"
    rf"make {_ME} (?:happy|smile|laugh))(?: again)? (?:with|to)\b"
)

ASKING = re.compile(
    r"(?:"
    + "|".join(
        (
            # can you show me, could I please see
            rf"{_POL}{_MODAL} (?:you|u|ya|i|we) {_POL}{_HELP_TO}{_POL}{_VERB}(?: "
            rf"{_ME})?(?: back)?\b",
            # would you mind showing me, how about seeing
            rf"(?:would you |do you )?mind {_VERBING}(?: {_ME})?\b",
            rf"(?:how|what) about (?:{_VERBING}(?: {_ME})? )?(?!you\b|u\b)",
            rf"{_POL}gimme\b",
            r"(?:might|would|could|will) there (?:still |also )?be(?= (?:any|some|an?|one)\b)",
            rf"(?:quick(?:ly)?|urgent(?:ly)?)?[\s,]*(?:i )?need (?=(?:an?|some|the)? ?{PHOTO}\b)",
            # cheer me up with a puppy
            rf"{_POL}{CHEERING}",
            # could I trouble you for, my mum wants to see
            rf"{_POL}(?:{_MODAL} i |may i |sorry to )?(?:trouble|bother) you for\b",
            rf"(?:my |our )?(?:{_RELATIVE}|[A-Z]\w+|he|she|they) (?:wants?|wanted|would (?:like|"
            rf"love)|is|are|asked|keeps asking|{_A}d (?:like|love))(?: me)?(?: dying| desperate|"
            rf" curious)? to see\b",
            # show me, find, pull up
            rf"{_POL}(?:go |let{_A}s |go ahead and )?{_POL}(?:show|find|get|give|bring|pull up|"
            rf"pull out|dig up|dig out|look up|"
            rf"look for|fetch|locate|display|open|load|retrieve|grab|hand|pass|search for|send|"
            rf"share) {_ME}(?: back)?\b"
            rf"(?: (?:a|another|one more) (?:look|glimpse|peek) (?:at|of))?",
            rf"{_POL}(?:go |let{_A}s )?(?:find|bring up|pull up|pull out|dig up|dig out|dig out|"
            rf"look up|look for|"
            r"fetch|locate|display|retrieve|grab|search for|hunt down|track down|hunt for|"
            r"call up)\b"
            r"(?! (?:yourself|out))",
            rf"{_POL}(?:show|get|open|search|send|share|load|view|browse|list)(?= (?:the|any|some|"
            rf"all|my|our|those|that|these|more|"
            rf"every|an?|only|{PHOTO}|pls|please)\b)(?! (?:some )?(?:rest|sleep|lost|over))",
            r"show(?! (?:jump\w*|pony|ring|off|up|how)\b)(?=\s+\w)",
            # I want to see, I'd love
            rf"(?:i|we)(?:{_A}d|{_A}ll| would| will| really| just| do| also| only|"
            rf" still)* {_WANT}(?: to)?"
            rf"(?: {_POLITE})*(?: (?:{_VERB}|know if (?:you have|there (?:is|are)))(?: {_ME}|"
            rf" again)?)?(?: a look at)?\b",
            rf"(?:want|wanna|need) (?=(?:[\w-]+ ){{1,2}}{_PHOTOS}\b)",
            rf"(?:want|wanna|need)(?: to)? (?:{_VERB}(?: {_ME})?\b|(?=(?:the|a|an|that|some|those|"
            rf"my|our|something|anything|{PHOTO})\b))",
            # I'm looking for
            rf"(?:(?:i|we)(?:{_A}m|{_A}re| am| are| was| were|{_A}ve been|"
            rf" have been) )?(?:{_POLITE} )*(?:been )?"
            r"(?:looking|searching|hunting|on the hunt|after|asking|dying|desperate|hoping|"
            r"in the mood|curious|"
            rf"keen|trying|ready|eager)(?: out)? (?:for|to) (?:{_VERB} (?:{_ME} )?)?(?=\S)",
            # do you have, did we take, got
            rf"(?:do|did|does|would|don{_A}t|didn{_A}t|d{_A})\s?(?:you|u|ya|we|i|they|he|"
            rf"she) {_POL}"
            r"(?:have|got|keep|remember|recall|know|take|snap|get|save|shoot|find|own|"
            r"see)(?: got)?\b",
            r"(?:have|has|had) (?:you|u|ya|we|i) (?:still )?(?:got|seen|saved|kept)?(?: got)?\b",
            rf"(?:(?:you|u|ya|we) )?(?:still )?got(?: (?:me|us))?(?= (?:any|some|a|an|the|that|"
            rf"one|those|my|our|more|anything|something|{PHOTO})\b)",
            # which pics have, which of the photos show
            rf"(?:which|what) (?:kind of )?{_PHOTOS} (?:do|did|have) (?:you|we|i) (?:hold|have|"
            rf"keep|own|store|got|take|took)?(?: there| here)? ?(?:of|with|from|in)\b",
            r"which of (?:them|these|those) (?:show|have|has|are of|are|contain|with)\b",
            rf"(?:which|what) (?:of (?:the|my|our) )?{_PHOTOS} (?:have|has|show|are of|are from|"
            r"got|contain|include|do (?:i|we|you) have (?:of|with|from))\b",
            # Maria asked for the one where
            rf"(?:[A-Z]\w+|he|she|they|somebody|someone|my \w+|mum|mom|dad|grandma) "
            rf"(?:asked|asks|is asking|keeps asking|wants|wanted|needs|would like)(?: me)?(?: for)?"
            rf"(?= (?:the|that|a) (?:{_LOOKS} )?(?:{PHOTO}|one)\b)",
            rf"(?:you|u|ya|we)(?:{_A}ve)? (?:still )?(?:have|got)(?= .*\?)",
            rf"(?:is|are|was|were|isn{_A}t|aren{_A}t) there (?:{_POLITE} )*(?=(?:any|one|an?|some|"
            rf"ones|more|{PHOTO}|the)\b)",
            rf"(?:(?:is|are) there )?any chance (?:(?:that )?(?:you(?:{_A}ve)?|we|i|"
            rf"there) (?:still )?(?:have|got|could|can|is|are|took)(?: {_VERB}(?: {_ME})?)?|of|for)"
            rf"(?: {_VERBING})?\b",
            # where is, what about, let me see
            rf"(?:so |and )?where(?:{_A}s|{_A}re| is| are| was| were| did| have| has| do|"
            rf" can)(?: (?:i|we|you))?"
            r"(?: (?:put|save|saved|keep|find|see|store|get))?\b(?! (?:been|he|she|it|you)\b)",
            rf"(?:let (?:me|us)|let{_A}s|lemme) {_POL}{_VERB}\b(?! (?:if|what|how|why|who|when))",
            rf"(?:you )?(?:remember|know)(?= (?:the|that|those) (?:{_LOOKS} )?(?:ones?|time|day|"
            rf"{PHOTO}|\w+.*\?)\b)"
            r"(?: (?:the|that) (?:time|day)(?: when)?)?",
            rf"(?:i )?(?:can(?:{_A}t|not| not)|couldn{_A}t) (?:seem to )?(?:find|see|locate)\b",
            rf"(?:i(?:{_A}ve)?|we(?:{_A}ve)?) (?:have )?(?:lost|misplaced)(?= .*(?:{PHOTO}|one)\b)",
            rf"(?:i )?(?:was |am |{_A}m )?(?:just )?wonder(?:ing|ed)? (?:if|whether) (?:(?:you|we|"
            rf"i|there) )?{_POL}"
            rf"(?:have|has|had|could|can|might|is|are|took|got|would)?(?: {_POLITE})*(?: "
            rf"(?:be able to |help me )?{_VERB}(?: {_ME})?)?\b",
            rf"(?:do|don{_A}t) you (?:think|suppose) (?:you|we|i|there) (?:have|could|can|might|"
            rf"is|are)(?: {_VERB}(?: {_ME})?)?\b",
            rf"(?:is it|would it be|it{_A}s|is that) possible (?:for me |"
            rf"for you )?to {_VERB}(?: {_ME})?\b",
            rf"(?:(?:it|that)(?:{_A}d| would) be |would be |be )?(?:nice|great|lovely|good|cool|"
            rf"fun|wonderful|awesome) to {_VERB}\b",
            rf"(?:it is|it{_A}s) time (?:to|for) {_VERB}\b",
            rf"there(?: really)? (?:should|must|has to|ought to|might|may|"
            rf"could)(?: still)? be(?= (?:{_DET} )*(?:{_LOOKS} )?(?:{PHOTO}|one|some|any)\b)",
            rf"there(?:{_A}s| is| was| are| were)(?= (?:{_DET} )*(?:{_LOOKS} )?(?:{PHOTO}|one|"
            rf"some)\b(?! \w+ing))",
            rf"{_SURE} (?:there(?:{_A}s| is| was| are| were)|(?:i|we)(?:{_A}ve)? (?:have|had|took|"
            rf"got|made|saved))(?= (?:{_DET} )*(?:{_LOOKS} )?(?:{PHOTO}|one|some)\b)",
            rf"i (?:can |still |do )?(?:remember|recall)(?= (?:{_DET} )*(?:{_LOOKS} )?(?:{PHOTO}|"
            rf"one)\b)",
            rf"help (?:me|us)?(?: to)? ?{_VERB}\b",
            r"(?:(?:photo |picture |image )?search|query|find|looking for|wanted|request)\s*:",
            r"(?:what(?: else)? (?:have|do) (?:you|we|i) (?:got|have)|what(?:cha| ya|"
            r" you) got)\b(?: (?:of|from|with|about))?",
            r"(?:have|take)(?: another| one more| a)? (?:look|peek) for\b",
            r"(?:give us|give me|i(?:'d)? fancy|(?:another|one more|a(?: quick)?) (?:look|"
            r"peek) at)\b",
        )
    )
    + r")(?:\s+(?:please|pls|plz|again|now|quickly|real quick|then|perhaps|maybe))*",
    re.IGNORECASE,
)
"""At the start: somebody asks: "can you find me", "I'm looking for"."""

PHOTO_PHRASE = re.compile(rf"{_PHOTO_WORDS}", re.IGNORECASE)
"""At the start: "a nice photo of", "the one with", "any of"."""

POINTING = re.compile(
    r"(?:that|those|the) (?:ones?)(?:(?= (?:in|on|at|by|near|under)\b)|(?=,))|"
    r"you know,?(?= (?:the|that|those)\b)",
    re.IGNORECASE,
)
"""At the start: "that one in the garden", "you know, the bridge"."""

# "please", "pls".
PLEASE = re.compile(r"(?:please|pls+|plz|plse|pretty please)\b", re.IGNORECASE)

ANNOUNCING = re.compile(
    r"(?:"
    + "|".join(
        (
            rf"(?:and |so )?here(?:{_A}s| is| are| was| were| comes?| it is| you go| we go| goes|"
            rf"(?=,))\b(?:,? (?:finally|at last|again))?",
            rf"(?:this|that)(?:{_A}s| is| was)(?= (?:the|my|our|his|her|me|us|what|how|where|"
            rf"when)\b)",
            r"(?:these|those) (?:are|were)(?= (?:the|my|our|his|her|us|some of)\b)",
            rf"(?:this|that)(?:{_A}s| is| was| are)\b(?=.*:\s*$)|(?:these|those) (?:are|"
            rf"were)\b(?=.*:\s*$)",
            r"(?:just |and |oh |do |come )?(?:look at|check out|have a look at|take a look at|"
            r"have a peek at|get a load of|feast your eyes on|"
            r"behold|voil[aà]|ta-?da+h?|introducing|presenting|meet(?= (?:the|my|our)\b)|"
            r"say (?:hello|hi) to)\b(?! the time)",
            r"(?:just )?(?:see|look)(?:,| here|:)? (?:for yourself|here)\b",
            r"(?:just )?(?:see|look)(?= (?:how|what|where)\b)",
            r"(?:just )?wait (?:till|until|til|to) (?:you )?(?:see|hear about)\b",
            rf"(?:oh )?(?:you|u|everyone|everybody|y{_A}all) (?:just |really |simply |"
            rf"absolutely )*(?:have(?: got)? to|{_A}ve got to|must|should(?: have seen)?|gotta|"
            rf"need to|ought to|got to)(?: (?:see|have seen|look at))?(?=\s)",
            rf"(?:let me|lemme|allow me to|i(?:{_A}ll| will| can| could| must| should| want to|"
            rf" wanna| have to| gotta| got to|{_A}ve got to|{_A}d (?:like|love) to|"
            rf"{_A}m (?:going to|gonna))) "
            rf"(?:just |quickly |also |go )?(?:show|send|share|present)(?: (?:you|u|ya|y{_A}all|"
            rf"everyone|with you))\b",
            r"(?:proof(?: that| of)?|exhibit a|evidence(?: that| of)?|as promised|attached(?: is|"
            r" are)?|sending(?: you| over)?|uploading|posting|found it|"
            r"case in point)\s*(?:[:,–—-]|(?=\s(?:the|my|our)\b))",
        )
    )
    + r")(?:,?\s+(?:please|now|again|finally|look|guys|everyone))*",
    re.IGNORECASE,
)
"""At the start: somebody hands one over: "here's", "let me show you"."""

PLAIN_ANNOUNCING = re.compile(
    # proof attached that we did it, picture incoming
    rf"(?:the |a |some )?(?:proof|evidence|receipts?|screenshots?|{PHOTO}) (?:is |are )?"
    r"(?:attached|incoming|coming(?: up| right up)?|enclosed|to follow|follows|below)\b(?: that\b)?"
    # my photo tells the whole story, this picture says it all
    rf"|(?:the|this|that|my|one) {PHOTO} (?:(?:can|will|should|might) )?(?:speaks?|says?|tells?|"
    r"talks?)\b(?: (?:for (?:itself|themselves)|it all|it better|everything|more than .*|"
    r"the (?:whole )?story))"
    # I've got it on my phone, we have one right here
    rf"|(?:i|we)(?:{_A}ve)? (?:(?:have|got|have got) )?(?:it|them|one|that|(?:the|a|some) {PHOTO})"
    r"(?: of (?:it|them|that|him|her|us))? (?:right here|here|with me|handy|on (?:me|my phone)|"
    r"somewhere(?: here)?)\b",
    re.IGNORECASE,
)
"""At the start of a sentence or a clause: a photo is about to be shown, and nothing is asked."""

NOTED = re.compile(
    r"(?:(?:oh|and|so|but|wait|hey|ok),? )*(?:what|how much|which)(?: (?:was|is|were|are|did|does)|"
    rf"{_A}s) (?:the (?:name|price|title|number|make|brand|code|address) (?:of|for|on) )?"
    r"(?P<thing>(?:the|that|this|our|my|those|these) [^,.;?!]+?)(?: again| called| cost| say)*"
    rf"[\s,.;?!–—-]+(?:because |cause |cos )?(?:i|we)(?:{_A}ve)? (?:definitely |even )?"
    rf"(?:took|have|had|got|snapped|made|saved|kept|photographed) "
    rf"(?:(?:a|the|one) )?(?:{PHOTO} of )?(?P<shown>[^,.;?!]+)\W*$",
    re.IGNORECASE,
)
"""What a photo was taken of to remember it: "what was that wine again, I took a picture of the
label"; "how much was the rug? we have a photo of the tag"."""

APPEARANCE = re.compile(
    r"(?:what|how) (.+?) (?:looked?|looks|was|were|is|are|turned out|came out|ended up)"
    r"(?: like)?(?: (?:that (?:day|night|morning|evening|time)|then|back then|today|now|"
    r"in the end|there))?\W*$",
    re.IGNORECASE,
)
""""what the waves were like that day": what is meant is the waves."""

ABOUT_LOOKS = re.compile(
    r"(?:(?:oh|and|so|but|wait|hey),? )*(?:what|how) (?:did|do|does) (?!you\b|i\b|it\b|"
    r"that\b)(.+?) look(?: like)?"
    r"(?: again)?((?: (?:when|with|in|at|on|after|before|from) .+?)?)\W*$",
    re.IGNORECASE,
)

# What a request goes on with after a word of chatter: "now the boat", "great, can you find".
GOES_ON = (
    r"(?:\d|(?:the|an?|any|some|my|our|your|his|her|their|this|that|these|those|it|i|we|you|he|"
    r"she|they|there|here|me|show|find|give|get|let|lets|send|see|pull|bring|open|search|try|can|"
    r"could|would|will|may|might|shall|should|do|does|did|have|has|had|is|are|was|were|am|what|"
    r"where|which|who|when|how|why|please|pls|thanks|thank|now|then|so|and|but|or|also|just|only|maybe|perhaps|"
    r"more|another|ones?|no|not|photos?|pictures?|pics?|images?|something|anything|someone|"
    r"somebody|everything|all|both|again|go|ok|okay|older|newer)\b)"
)
_PREPOSITION = r"(?:with|without|in|on|at|from|by|near|for|about|like)\b"
# A break, which is more than a hyphen inside a word: "well-kept", "hi-fi".
BREAK = r"(?:\s*[,.!:…–—]+\s*|\s+-+\s+)"

# "hi there", "good morning, photopal"; not "morning mist" and "evening dress".
GREETING = re.compile(
    rf"(?:(?:hi+|hey+a?|hello+|hiya|yo|good (?:morning|afternoon|evening|day)|howdy|"
    rf"greetings|g{_A}day|heya|oi)\b(?!-\w)|(?:morning|evening|dear)(?=\s*(?:$|[,.!–—:])|\s+(?:"
    rf"there|again|photopal|bot|buddy|friend|mate|you|everyone|all|dear|pal|{GOES_ON})))"
    rf"(?:,? (?:there|again|photopal|bot|buddy|friend|mate|you|everyone|all|"
    rf"dear|pal)\b)*\s*[,.!–—:-]*\s*",
    re.IGNORECASE,
)

LEADING = re.compile(
    rf"(?:{GREETING.pattern}(?=\S))"
    rf"|(?:so|um+|uh+|er+m?|hm+|and|but|oh+|ah+|yeah|yep|sure(?=,)|actually|anyway|also|then|"
    rf"excuse me|by the way|btw|nvm|never ?mind|hang on|hold on(?! to\b)|you know what|"
    rf"quick question|lol|haha+|omg|wow|ooh+|aww+|no worries|thank you)\b(?:{BREAK}|\s+)(?=\S)"
    rf"|(?:ok(?:ay)?|now|alright|yes)\b(?:{BREAK}(?=\S)|\s+(?={GOES_ON}|{_PREPOSITION}))"
    # These begin names, too: "great dane", "first snow", "well in the village".
    rf"|(?:well|right|great|fine|cool|wait|listen|look|sorry|perfect|nice|thanks|next|first)\b"
    rf"(?:{BREAK}(?=\S)|\s+(?={GOES_ON}))"
    r"|(?:photopal|bot|buddy|dear|mate|pal)\b\s*[,:!]\s*(?=\S)",
    re.IGNORECASE,
)
"""Before the asking: a greeting, a sound, the name of who is asked."""

TRAILING = re.compile(
    r"[\s,;.–—-]*(?<![\w'’])(?:"
    rf"please|pls+|plz|plse|pretty please|thanks(?: a lot| so much)?|thank you(?: so much)?|thx|"
    rf"ty|ta|cheers|"
    rf"again|for (?:me|us)|right now|asap|as soon as possible|somewhere|anywhere|at all|"
    rf"lying around|hanging around|"
    rf"(?:anywhere )?(?:on|in|from|among|amongst) (?:any of |all )?(?:here|file|(?:my|the|our|"
    rf"your|this|there) (?:phone|library|photos|pictures|album|albums|collection|gallery|"
    rf"camera roll|archive|computer|device))|to (?:me|us)|or (?:something|so|whatever|"
    rf"anything)(?: like that)?|you know|by any chance|perhaps|maybe|i (?:think|guess|believe)|"
    rf"(?:do|did|have|would) (?:you|we|i) (?:still )?(?:have|get|got|take|find|keep|"
    rf"know)(?: (?:it|that|those|them|one|any|some|which one))?(?: still| anywhere| somewhere|"
    rf" by any chance)?|(?:can|could|would|will) (?:you|u|i|we) (?:please )?(?:find|show|see|get|"
    rf"bring|pull|send|dig)(?: (?:it|that|them|those|one|me|us))*(?: up| out)?(?: for me|"
    rf" to me)?|got (?:it|that|any|one|them)|(?:is|are) there (?:one|any|some)|if (?:you|we|i|it|"
    rf"there|that|possible|they)\b[^,]*|(?:you|u) remember|remember|if possible|when you (?:can|"
    rf"get a chance|have a (?:minute|moment|second|sec))|no rush|i(?:{_A}m| am) (?:looking for|"
    rf"after|thinking of)|show me|will you|would you|can you|(?:that |which )?(?:you|"
    rf"u) (?:showed|shown|sent|found|gave)(?: me| us)?(?: (?:before|earlier|yesterday|last time|"
    rf"just now))?|would be (?:nice|great|lovely|good|cool|perfect|better|fun)|"
    rf"could you|right|eh|ok|okay|huh|innit|dear|buddy|mate|bot|photopal"
    r")[\s?!.…]*$",
    re.IGNORECASE,
)
"""At the end of a request: "please", "if you have it"."""

IN_IT = re.compile(r"\s+(?:in|on) (?:it|them)\W*$", re.IGNORECASE)
"""After a short content: "any with boys in them?"."""

PURPOSE = re.compile(
    r"(?:"
    rf"[\s,;–—-]+(?:for|to show) (?:my|our) {_RELATIVE}(?:{_A}s (?:\w+ )?(?:birthday|card|album|"
    r"present|party|invitation|book))?"
    rf"|[\s,;–—-]+(?:because|cause|cos|cuz|coz|{_A}cause|so(?: that)?|since|as) (?:i|we|my|he|she|"
    rf"they)\b(?:{_A}(?:d|m|ll|ve|re))? [^,]*"
    r"|[\s,;–—-]+(?:and|then)? ?(?:i|we)(?:['’](?:d|m|ll))? (?:want|need|wanna|would like|"
    r"promised|have|would love|am going) to (?:send|show|post|share|print|give|use|frame|put|make|"
    r"upload)\b.*"
    r"|[\s,;–—-]+(?:just )?to (?:cheer (?:me|him|her|us|them) up|(?:make|impress|surprise|tease|"
    r"remind|comfort|amuse|convince) (?:me|him|her|us|them|(?:my|our) \w+))\b.*"
    r"|[\s,;–—-]+(?:so (?:that )?(?:i|we) can|so as to|in order to|to) (?:send|show|post|share|"
    r"print|give|frame|upload)(?: (?:it|them|that|one))?(?: (?:to|for|on|with|as|in|off)\b.*)?"
    r"|[\s,;–—-]+(?:for|(?:(?:that|which) (?:would |could |might |can )?(?:work|do|go|fit)s?|"
    r"(?:that |which )?(?:i|we) (?:can|could) use|to (?:use|put|go)) (?:for|as|on|in|into|with)) "
    r"(?:the|an?|my|our) "
    r"(?:\w+ ){0,2}?(?:album|calendar|card|slideshow|slides?|presentation|talk|newsletter|poster|"
    r"flyer|invitation|collage|wall|fridge|photo ?book|scrapbook|website|homepage|blog|story|post|"
    r"article|report|screensaver|wallpaper|background|profile)"
    r")[\s?!.…]*$",
    re.IGNORECASE,
)
"""What the photo is wanted for, at the end of a request: "for my mum", "to send to Ben"."""

TRAILING_PHOTO = re.compile(
    rf"(?<!\btaking)(?<!\btake)(?<!\btakes)(?<!\btook)(?<!\bfor)(?<!\btheir)(?<!\bof)(?<!\bthe)(?<!\ba)(?<!\bin)"
    rf"(?<!\bat)(?<!\bhis)(?<!\bher)(?<!\band)(?<!\bmy)(?<!\bold)(?<!\bwith)(?<!\bsnaps)(?<!\bsnapping)(?<!\bto)(?<!\bany)"
    rf"(?<!\bfamily)(?<!\bare)(?<!\bhow many)(?<!\bno)(?<!\btwo)(?<!\bsome)\s+(?:{_PHOTOS}|pic|"
    rf"ones)(?: (?:you|we|i) (?:have|got))?[\s?!.…]*$",
    re.IGNORECASE,
)
"""At the end: "beach pics"."""

CHATTER = re.compile(
    r"\W*(?:(?:thanks?|thank you|thx|ty|cheers|please|pls|sorry|no rush|hi|hey|hello|lol|haha+|ok|"
    r"okay|great|wow|yes|no|yeah)\b[^,]{0,40}"
    rf"|(?:i|we)(?:{_A}(?:d|m|ll|ve))? (?:still |really |just )?(?:want|need|wanna|would like|"
    rf"promised|have|waited|hope|think|know|am|was|can|will|could|miss|just)\b.*"
    rf"|(?:it|that|this)(?:{_A}s| is| was|{_A}d| would| will|{_A}ll) (?:for|be|a|so|my favou?rite|"
    rf"the best|important|urgent|great|lovely)\b.*"
    r"|(?:it|this|that)(?:{_A}s| is) (?:margaret|me)\b.*|my name is\b.*|how are you\b.*|"
    r"take your time\b.*)$".replace("{_A}", _A),
    re.IGNORECASE,
)
"""A whole sentence that says nothing about the photo: "thanks a lot", "I want to print it"."""
