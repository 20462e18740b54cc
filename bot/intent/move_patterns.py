"""How the closed sets of moves are said, as patterns put together from small pieces.

Each reads a whole message without the chatter at its ends (:func:`bot.intent.moves.core_of`) unless
its comment says otherwise; beside each stand two things that it reads.
"""

import re

_A = r"['’]?"
# Photos in any word: "pics", "shots".
PHOTOS = r"(?:photos?|pictures?|pics?|images?|shots?|snaps?)"
# What "more" and "another" may be followed by: "ones", "of those", "like this one".
_ONES = (
    rf"(?:ones?|{PHOTOS}|of (?:these|those|them|that kind|that sort|that|"
    rf"this|it|him|her|the same)|like (?:this|that|these|"
    rf"those|it)(?: one)?)"
)
# Sounds and praise around a move: "ooh nice,", "ok so".
_CHAT = (
    r"(?:(?:fine|better|enough|that['’]?s enough|much better|exactly|precisely|absolutely|anyway|"
    r"anyways|ugh|meh|yup|no worries|indeed|aha|omg|right then|well then|too bad|a pity|"
    r"what a pity|oh well|never mind)(?=[.,!;:…])|ugh|idk|dunno|ok(?:ay)?|k|oh+|ooh+|ah+|aww+|aw|"
    r"hm+|um+|er|uh|well|so|and|but|now|then|yes|yeah|yep|great|good|nice|lovely|cool|cute|sweet|"
    r"perfect|wow|haha+|lol|please|pls|plz|thanks|thank you|thx|sorry|hey|hi|alright|right|super|"
    r"brilliant|wonderful|amazing|gorgeous|beautiful|how (?:sweet|cute|lovely|nice|\w+(?=[.!]))|"
    r"love (?:it|these|those|them)|oh dear|dear)"
)
# Chatter before a move: "oh lovely, any others" and "hm ok, next".
LEAD = re.compile(rf"(?:{_CHAT}\b[\s,.!;:…–—-]*)+(?=\S)", re.IGNORECASE)
# Chatter after it: "more please", "older ones if you can".
TAIL = re.compile(
    r"[\s,.!?;:…–—-]*(?:\b(?:please|pls+|plz|thanks|thank you|thx|then|now|if (?:you can|possible|"
    r"there are any)|for me|again|"
    r"dear|though|so far|mate|x+)\b[\s,.!?;:…]*)+$",
    re.IGNORECASE,
)

# Words of asking before a move: "can you show me", "do you have".
ASK = (
    rf"(?:(?:can|could|may|might|would) (?:you|u|i|we) (?:please |just )?|please |just |let{_A}s |"
    rf"let me |lemme |i(?:{_A}d| would)? (?:want|like|love)(?: to)? |i wanna |"
    rf"(?:do|have|got|has|are|is) (?:you |we |i |there )?(?:got |have |still )?|there (?:must|"
    rf"should|are|were) (?:be )?|(?:would|might|could|may) there (?:still |also )?(?:be )?|"
    rf"surely )*+(?:show|see|find|get|give|have|load|fetch|look at|bring|pull up)?(?: me| us)? ?+"
)
# Further photos of the same: "a few more of those", "anything else?".
MORE = re.compile(
    rf"{ASK}(?:(?:some|any|a few|few|a couple(?: of)?|a bit|even|many|lots|loads|two|three|four|"
    rf"five|ten|\d+|even|still|and|a lot|once) )*"
    rf"(?:more|moar|others?|further|additional|similar)(?: {_ONES})*(?: still| too| there| left|"
    rf" first)?|{ASK}(?:the )?(?:rest|others|remaining(?: ones)?|next (?:ones?|page|batch|lot|"
    rf"few|set|{PHOTOS})|next|all(?: of (?:them|those|these)))"
    rf"|(?:keep|carry|go|come) (?:going|scrolling|on|them coming|{_A}em coming|it coming)|"
    rf"continue|don{_A}t stop|encore|scroll(?: down)?|"
    rf"(?:what|anything|who) else(?: (?:is|have|do|did|was|can)(?: (?:there|"
    rf"you|we|i))?(?: (?:got|found|"
    rf"have|find|see))?)?|anything more|is that (?:all|it)(?: you (?:have|got))?|load more|"
    rf"see more|"
    rf"one more (?:page|round|batch)|more and more|and more|again more",
    re.IGNORECASE,
)
# One other photo: "another one", "a different picture of him".
ANOTHER = re.compile(
    rf"{ASK}(?:just |yet |maybe |try )?(?:another|one more|a different|some other|"
    rf"an(?:y)? other)(?: (?:one|{PHOTOS}))?(?: {_ONES})*|{ASK}(?:something|anything|"
    rf"somebody|someone|some(?:thing)? photo) (?:else|different|other(?: than (?:that|this|these|"
    rf"those))?)|(?:not (?:that|this|these|those),? )?something else|try another(?: one)?|"
    rf"pick another(?: one)?|(?:from )?another angle",
    re.IGNORECASE,
)
# What is rejected: "that one", "them".
_IT = r"(?:that|this|it|him|her|them|these|those|the one|the right)"
# Not what was meant: "no, not that one", "wrong dog", "close but no".
REJECT = re.compile(
    rf"(?:(?:no+|nope|nah|sorry|oh no|hmm?|er|um|ugh|close(?: but)?|almost|nearly|warmer|cold|"
    rf"still)[\s,.!:;–—-]*)*"
    rf"(?:(?:but )?(?:it{_A}s |that{_A}s |that is |this is |these are |those are |they{_A}re |"
    rf"i don{_A}t think (?:that{_A}s|it{_A}s) |it is |i{_A}m afraid (?:that|it|this)(?:{_A}s|"
    rf" is) )?"
    rf"(?:definitely |still |quite |really )?not (?:quite |really |exactly |"
    rf"even )?(?:{_IT}(?: {PHOTOS})?(?: ones?)?|close|right|there|here|among them|"
    rf"it)(?: (?:either|i meant|i mean|i wanted|i was (?:after|looking for|thinking of)|"
    rf"what i meant))?"
    rf"|(?:that|this|it|these|those)(?:{_A}s| is| are)?n{_A}?t (?:{_IT}|the one|it|right|"
    rf"what i (?:meant|wanted|asked for|was looking for)|him|her)(?: one)?(?: i meant)?"
    rf"|(?:it{_A}s |that{_A}s |this is )?not what i (?:meant|wanted|asked(?: for)?|"
    rf"was (?:looking for|after|thinking of))"
    rf"|(?:the |that{_A}s the |it{_A}s the |it is the |completely |totally |"
    rf"that{_A}s )?wrong(?: (?:one|ones|{PHOTOS}|person|dog|day|place|year|time|date|month|city|"
    rf"country|trip))?(?: again)?|(?:really )?not (?:really |quite )?my (?:thing|taste|style|"
    rf"cup of tea)|i (?:don{_A}t|do not) (?:really )?like (?:it|them|those|these|that|"
    rf"any(?: of (?:them|these|those))?)|none of (?:these|those|them)|neither(?: of (?:these|"
    rf"those|them))?|not any of (?:these|those|them)|(?:try|look|guess|search) (?:again|harder|"
    rf"once more)|keep (?:looking|searching|trying)|"
    rf"have another go|(?:i )?(?:don{_A}t|can{_A}t) see it|no+|nope|nah|next(?: one)?|"
    rf"the other one|a different one|no way)"
    rf"(?:[\s,.!;:–—-]+(?:no+|nope|next(?: one)?|try again|another(?: one)?|keep looking|"
    rf"the other one|sorry|either|look again))*",
    re.IGNORECASE,
)
# The same from before: "anything older?", "when she was a baby".
OLDER = re.compile(
    rf"{ASK}(?:(?:any|some|something|anything|even|much|an?|the|only|ones|those|few|more|a bit|"
    rf"from) )*(?:older|earlier|oldest|earliest|more old|less recent)(?: (?:ones?|{PHOTOS}|first|"
    rf"still|times?|years?|than (?:that|this|these|those)))*"
    rf"|{ASK}(?:(?:the )?(?:ones?|{PHOTOS}) )?(?:from |taken )?(?:even )?(?:before (?:that|this|"
    rf"then|those|these)|further back|way back|longer ago|(?:the )?(?:years?|time) before|"
    rf"previous years?|back then)"
    rf"|go (?:further )?back(?: further| in time| more)|(?:when|from when) (?:he|she|they|it|we|"
    rf"i) (?:was|were) (?:much |still |a lot )?(?:younger|little|small|smaller|a baby|a puppy|"
    rf"a kid|babies|kids)|oldest first|not so recent",
    re.IGNORECASE,
)
# The same from after: "more recent ones", "newest first".
NEWER = re.compile(
    rf"{ASK}(?:(?:any|some|something|anything|even|much|an?|the|only|ones|those|few|more|most|"
    rf"a bit|from) )*(?:newer|later|newest|latest|recent|less old)(?: (?:ones?|on|{PHOTOS}|first|"
    rf"still|times?|years?|than (?:that|this|these|those)))*"
    rf"|{ASK}(?:(?:the )?(?:ones?|{PHOTOS}) )?(?:from |taken )?(?:even )?(?:after (?:that|this|"
    rf"then|those|these)|lately|recently|(?:the )?years? after)"
    rf"|(?:when|from when) (?:he|she|they|it|we|i) (?:was|were) (?:much |a lot )?(?:older|bigger|"
    rf"grown up)|newest first|latest first|not so old",
    re.IGNORECASE,
)
# Something looked for earlier: "back to the sheep", "the ones you had first".
BACK = re.compile(
    rf"{ASK}(?:(?:can|could) we |let{_A}s |i want to |i{_A}d like to )?(?:go |get |come |jump |"
    rf"switch |bring me |take me )?(?:back|return) to\s+(?P<a>.+)"
    rf"|(?:go |one step |take me |step )?back(?: again)?|undo(?: that| it)?|prev|previous(?: page|"
    rf" ones?)?"
    rf"|{ASK}(?:the )?(?:previous|earlier) (?:ones?|{PHOTOS}) again"
    rf"|{ASK}(?:the )?(?:original|very first|previous) (?:list|gallery|results?|search|batch|set|"
    rf"selection)(?: again)?|(?:show me |can i see |let me see |what were |"
    rf"what was )?(?:the )?(?:ones?|{PHOTOS}) (?:from |you (?:showed|had|found|put)(?: me|"
    rf" us)?(?: up)? ?)(?:before|earlier|first|at the (?:start|beginning)|previously)(?: again)?"
    rf"|(?:the )?(?:ones?|{PHOTOS}) (?:from )?before(?: again)?|(?:what about |how about |"
    rf"where are )(?P<e>.+?) (?:that )?(?:we|you|i) (?:had|saw|showed|found|looked at)(?: before|"
    rf" earlier| just now| first)?|(?:show me |can i see |let me see )?(?:the )?first ones again|"
    rf"bring back (?P<b>.+)|bring (?P<c>.+) back|put (?P<d>.+) back up",
    re.IGNORECASE,
)
# So many photos are wanted, not the one with that number: "show me 3".
SO_MANY = re.compile(
    rf"(?:show|give|find|get)(?: me| us)? (?:just |only |another )?(?:\d{{1,2}}|two|three|four|"
    rf"five|six|ten|a few|some)(?: {PHOTOS})?(?: please)?",
    re.IGNORECASE,
)
# The time and the place no longer count: "anywhere", "from any year".
WIDER = re.compile(
    rf"{ASK}(?:(?:in|from|of|at|the) )?(?:(?:photos?|pictures?|ones?) (?:in |from )?)?(?:anywhere|"
    r"everywhere|any ?place|any (?:place|year|time|date|country|city)|(?:all|other|any) (?:the )?"
    r"(?:years|places|dates|countries|cities|times)|whenever|wherever|no matter (?:where|when)|"
    r"(?:from )?(?:(?:perhaps|maybe) )?(?:somewhere|anywhere|some ?place) else)(?: (?:else|at all|"
    r"will do|is fine|then))?(?:,? (?:and |but )?not (?:just|only) (?:there|here|from there|"
    r"[\w ]{1,20}))?",
    re.IGNORECASE,
)
# Only what was not shown yet: "some I haven't seen", "different ones".
UNSEEN = re.compile(
    rf"[\s,;–—-]*\b(?:(?:but )?(?:some|ones|only ones|others?|photos|pictures|those|"
    rf"any)(?: that)? )?(?:i|we) (?:have not|haven{_A}t|did not|didn{_A}t) (?:yet )?(?:seen|"
    rf"see)(?: yet| before| so far)?\b|\b(?:new|unseen|other|different) ones$",
    re.IGNORECASE,
)
# Of BACK, the first thing of the talk: "the very first ones", "the beginning".
FIRST_TOPIC = re.compile(
    r"^(?:the )?(?:very )?(?:ones?|photos?|pictures?|beginning|start|first)(?: (?:ones?|photos?|"
    r"pictures?|thing|search))*(?:.*\b(?:first|start|beginning)\b.*)?$",
    re.IGNORECASE,
)
# Of BACK, what came just before: "the previous search", "what we had".
BEFORE_TOPIC = re.compile(
    r"^(?:(?:the|my|that|what|those) )*(?:ones?|photos?|pictures?|before|previous|earlier|last|"
    r"search|thing|we had|you had|i had|from|showed|had|you|me|again|topic|one|stuff|just now|"
    r"found|were|was|looking at|up|shown|results?)(?: (?:ones?|photos?|pictures?|before|earlier|"
    r"previously|we had|you had|i had|search|thing|from|you|showed|me|again|topic|one|had|up|"
    r"just now|results?))*$",
    re.IGNORECASE,
)
# Ways of handing a photo over: "send", "airdrop".
_SHARE_VERB = (
    r"(?:share|send|post|forward|export|download|save|e-?mail|mail|whats ?app|airdrop|text|upload|"
    r"message|hand|pass|drop|"
    r"give|put|attach|print)"
)
# A word of handing over that must be there, whatever else is said.
SHARE_WORD = re.compile(rf"\b{_SHARE_VERB}\b", re.IGNORECASE)
# The same, but "drop" only to somebody: "drop the first" leaves it out.
HANDS_OVER = re.compile(
    rf"\b(?!drop (?!me\b|us\b|him\b|her\b|it (?:to|in)\b)){_SHARE_VERB}\b", re.IGNORECASE
)
# What was handed over is to be taken back: "unshare that", "undo the share".
UNSHARE = re.compile(
    r"(?:please |can you )?(?:unshare|unsend|recall|take (?:it|that|them) back|undo (?:the |that )?"
    r"(?:share|sharing|send))(?: (?:it|that|them|this|the \w+))?",
    re.IGNORECASE,
)
# A photo is to stay here: "don't share it", "please never send that one"; not "without text".
KEEPS = re.compile(
    rf"\b(?:don{_A}?t|do not|dont|never|not|no need to|rather not)(?: (?:you|ever|please|just|yet|"
    r"even|dare|to|have|need|want))* (?:share|send|post|forward|export|download|save|e-?mail|"
    r"mail|whats ?app|airdrop|upload|print)\b|\b(?:stop|without|not) (?:sharing|sending|posting|"
    r"forwarding|exporting|saving)\b",
    re.IGNORECASE,
)
# It was handed over before: "I already sent it", "was that sent?".
SHARED_BEFORE = re.compile(
    rf"\b(?:already|was|were|did|didn{_A}?t|have|has|had|been|(?:i|we|he|she|they)(?:{_A}ve)?) "
    r"(?:\w+ ){0,2}(?:sent|shared|posted|forwarded|saved|exported|send|share|post)\b"
    r"|\b(?:sent|shared|posted|forwarded)\b",
    re.IGNORECASE,
)
# Something is asked of one that is shown: "is the third one from London?".
ASKS_A_FACT = re.compile(
    rf"(?:(?:and|so|but|ok(?:ay)?|hm+|oh|wait|hey),? )*(?:is|was|are|were|isn{_A}?t|wasn{_A}?t|"
    r"does|did|has|had|who|whats?|when|where|why|how)\b(?! about\b)",
    re.IGNORECASE,
)
# The question before is asked of another one: "and the second?".
AND_THAT_ONE = re.compile(r"(?:and|what about|how about|ok(?:ay)?,? and)?[\s,]*", re.IGNORECASE)
# How one that is shown looks: "the second one is cute", "lol the 3rd one is fire".
ABOUT_LOOKS_OF_ONE = re.compile(
    r"^(?:(?:lol|haha+|oh|omg|wow|aww*|and|but|hm+|i (?:like|love) how|i (?:think|guess|believe|"
    r"bet)(?: that)?|maybe|probably),? )*(?:is|was|looks?|seems?|are)\b(?! (?:it|perfect|fine|"
    r"best|the (?:best|one|right)|right|what i|exactly))",
    re.IGNORECASE,
)
# What is handed over: "it", "both of them".
_PRONOUN = (
    r"(?:it|that|this|those|these|them|both|all|him|her|the (?:photo|picture|pic|one)|"
    r"that (?:one|photo|picture|pic)|this (?:one|photo|picture|pic)|(?:all|"
    r"both) (?:of )?(?:them|these|those|three|four|two))"
)
# A photo named by its place is handed over, the place taken out: "send me", "post ... to Ben".
SHARE = re.compile(
    rf"(?:.*?\b)?(?:(?:can|could|would|will) (?:you|i|u) (?:please )?|please |just |let{_A}s |"
    rf"i{_A}d like to |i want to |i wanna |i{_A}ll |you can |now |yes,? |and )*"
    rf"{_SHARE_VERB}(?: (?:me|us|him|her|them|my \w+|[A-Z]\w+))?(?: (?:over|on|"
    rf"along))?(?: {_PRONOUN})?(?: (?:over|on|along|out|for me|as a file|again))*"
    rf"(?: (?:to|with|in|into|on|for|onto|by|via) .{{1,40}})?\W*",
    re.IGNORECASE,
)
# The photo that is shown is handed over: "share it with mum", "please forward that".
SHARE_ALONE = re.compile(
    rf"(?:(?:can|could|would|will) (?:you|i|u) (?:please )?|please |just |let{_A}s |"
    rf"i{_A}d like to |i want to |i wanna |you can |ok(?:ay)? |yes,? |now |and )*"
    rf"(?:share|send|post|forward|export|download|save)(?: (?:me|us|him|her|my \w+))?(?: (?:over|"
    rf"on))?(?: {_PRONOUN})?(?: (?:over|on|along|out|for me|again))*(?: (?:to|with|in|into|on|"
    rf"for) (?:me|us|him|her|them|everyone|(?:my|our|the) .{{1,30}}|[A-Z]\w+(?: and [A-Z]\w+)*))?",
    re.IGNORECASE,
)
# Who a photo may be for; a name has a capital: "Laura", "my mum"; not "nobody".
_SOMEBODY = (
    r"(?!nobody\b|no ?one\b|who\b|every\w+\b|any\w+\b|some\w+\b|what\b|it\b)"
    r"(?:(?-i:[A-Z]\w+)|my \w+|he|she|they)"
)
# The photo that is shown is asked for: "give me that one", "I'll take it".
GIVE_IT = re.compile(
    rf"(?:can|could|may) {_SOMEBODY} (?:have|get) (?:it|that|this)(?: one)?"
    rf"(?: too| as well)?|{_SOMEBODY} wants? (?:it|that one|this one|that)"
    rf"(?: too| as well)?|(?:can|could|may) (?:i|we) (?:please )?have (?:it|that|this)(?: one)?|"
    rf"gimme (?:it|that|this)(?: one)?|{ASK}(?:(?:give|hand|pass|let me have)(?: me| us)?|"
    rf"i(?:{_A}ll| will|{_A}d like to) (?:take|have|use)) (?:it|that|this)(?: (?:one|"
    rf"{PHOTOS}))?(?: (?:over|here|please))*",
    re.IGNORECASE,
)
# The whole message is thanks or contentment: "perfect, that's him", "cheers mate".
THANKS = re.compile(
    rf"(?:(?:(?:that|this|these|those|it)(?:{_A}s| is| are|{_A}ll be| will be|"
    rf"{_A}d be)? ?(?:exactly |just )?(?:the (?:right )?ones?|it|him|her|them|all(?: (?:i needed|"
    rf"i wanted|for (?:now|today|tonight)))?|perfect|great|brilliant|lovely|wonderful|"
    rf"enough(?: for (?:now|today))?|fine|exactly what i (?:wanted|needed|meant|was looking for)|"
    rf"what i (?:wanted|needed|meant|was looking for)|everything)|"
    rf"that{_A}?(?:ll| will) (?:do|be all)(?: nicely| fine)?|(?:yes |yeah |yep )?(?:that|"
    rf"this) (?:one|ones|will do)|perfect|great|brilliant|lovely|wonderful|awesome|excellent|"
    rf"fantastic|super|cool|nice|amazing|gorgeous|beautiful|so (?:cute|sweet|lovely)|very (?:nice|"
    rf"good|cute|kind|kind of you)|"
    rf"just what i (?:wanted|needed|was looking for)|bingo|spot on|nailed it|found it|"
    rf"you found (?:it|them|him|her)|well done|good (?:job|work)|great job|"
    rf"thanks?(?: you)?(?: so much| a lot| very much| a million| again| ever so much| everso)?|"
    rf"thank (?:you|u)(?: so much| very much| again| ever so much)?|thank(?:you|u+)|thx+|tha?n?x+|"
    rf"tnx|ty+|tysm|ta|cheers|much appreciated|many thanks|appreciate it|i appreciate it|"
    rf"you{_A}re (?:the best|a star|an angel|brilliant|amazing|great)|"
    rf"for (?:that|this|it|now|today|your help|the (?:help|{PHOTOS})|finding (?:it|them|that|him|"
    rf"her)|looking|showing me)|bless you|love|dear|mate|buddy|photopal|(?:i{_A}m|"
    rf"we{_A}re) (?:good|done|all set|happy)|all (?:done|good)|done|nothing (?:else|more)|no more|"
    rf"no|yes+|yeah|yep|ok(?:ay)?|oh|ah+|wow|aww+|good|lol|haha+|x+|and|so)(?:[\s,.!:;…-]+|$))+",
    re.IGNORECASE,
)
# At least one of these must be said in thanks: "ty", "that will do".
THANKFUL = re.compile(
    rf"\b(?:thank|thanks|thx+|thnx|tnx|ty+|tysm|ta|cheers|thankyou|thanku+|appreciate|appreciated|"
    rf"the one|exactly|perfect|bingo|spot on|nailed it|(?:found|needed|wanted) (?:it|them|him|"
    rf"her)?|that{_A}s (?:it|him|her|all|them|everything|enough)|thats (?:it|him|her|all|them)|"
    rf"will do|{_A}ll do|that one|this one|all done|done|nothing (?:else|more)|well done|good job|"
    rf"great job|good work|i{_A}m good|we{_A}re good|this is it|that{_A}ll be all|be all|all set|"
    rf"you{_A}re (?:the best|a star|an angel)|just what)\b",
    re.IGNORECASE,
)
# A farewell: "bye for now", "gotta run", "ok night night".
GOODBYE = re.compile(
    rf"(?:.{{0,40}}[\s,.!;–—-])?(?:(?:good ?)?bye(?: bye| now| for now)?|bye+|good ?night|"
    rf"night night|nighty? night|nite(?: nite)?|see (?:you|ya|u)(?: (?:later|tomorrow|soon|around|"
    rf"next \w+|then))?|cya|ttyl|talk (?:to you )?(?:later|soon|tomorrow)|"
    rf"speak (?:to you )?(?:soon|later|tomorrow)|catch (?:you|ya) later|later(?:s)?|"
    rf"until next time|till next time|k?th?xb(?:ai|ye)|farewell|so long|take care|have a (?:nice|"
    rf"good|lovely|great) (?:one|day|evening|night|weekend|time)|sleep (?:well|tight)|"
    rf"sweet dreams|over and out|cheerio|toodle-?oo|ciao|adios|tschüss|"
    rf"(?:i(?:{_A}ve)? )?(?:have (?:got )?to|gotta|got to|must|need to|better) (?:go|run|dash|"
    rf"be off|head off|leave|sleep)(?: now| to bed| soon)?|i{_A}m off(?: to bed| now)?|off to bed|"
    rf"going to (?:bed|sleep)(?: now)?|signing off|logging off)(?:[\s,.!]*(?:dear|love|mate|"
    rf"everyone|all|photopal|bot|now|then|thanks|thank you|x+|and thanks?(?: you)?|👋|😊|😘|bye|"
    rf"night))*\W*",
    re.IGNORECASE,
)
# Later or earlier than those shown by so much: "a day later", "the year before".
A_TIME_LATER = re.compile(
    r"(?:(?:and|what about|how about|so) )*(?:(?:the|a|one|some) )?(?:(?P<next>following|next|"
    r"previous) (?P<unit2>day|week|month|year)|(?P<unit>day|week|month|year|"
    r"summer|winter|spring|autumn|fall|christmas)s? (?P<way>later|after|before|"
    r"earlier)(?: (?:that|this))?)",
    re.IGNORECASE,
)
# No farewell either: "2021 and later".
AND_LATER = re.compile(r"\d\W*(?:and|or) later\W*$", re.IGNORECASE)
# Words that ask for nothing: "ok", "haha so cute", "never mind".
ACKNOWLEDGEMENT = re.compile(
    rf"(?:(?:ok(?:ay)?|k+|kk|sure|yes+|yeah+|yep|yup|maybe|alright|all right|fine|(?:i|oh i) see|"
    rf"got it|gotcha|right|oh+|ah+|aha|hm+|mhm+|uh huh|cool|nice(?: one)?|great|wow+|whoa|omg|"
    rf"lol+|lmao+|rofl|(?:ha)+h?|(?:he)+h?|aww*|(?:so|how|very|too|really) (?:cute|sweet|funny|"
    rf"nice|sad|lovely|pretty|good|cool)|beautiful|lovely|gorgeous|love (?:it|this|that|these|"
    rf"them)|good one|funny|amazing|awesome|brilliant|wonderful|oh (?:my|dear|well|wow|no)|really|"
    rf"seriously|true|exactly|indeed|finally|at last|whatever|no (?:worries|problem)|"
    rf"it{_A}s (?:fine|ok|okay)|wrong (?:chat|person|"
    rf"number|window|group)|who (?:would{_A}?n{_A}?t|doesn{_A}?t) love (?:that|it|him|her|them|"
    rf"this)|how (?:cute|sweet|funny)|all good|oops|sorry|my bad|meh|ugh|yay|boo|damn|same|"
    rf"me too|idk|dunno|hmm|interesting|(?:just )?forget (?:it|that|about (?:it|that))|"
    rf"stop(?: it| that)?|leave it|no matter|doesn{_A}t matter|"
    rf"good to know|fair enough|makes sense|nvm|never ?mind|hi+|hey+|hello+|hiya|yo|"
    rf"good (?:morning|evening|afternoon)|morning|evening)(?:[\s,.!?…]+|$))+",
    re.IGNORECASE,
)
# Who or what is seen in a photo that was shown: "that's my nephew!", "thats us in the park".
RECOGNISED = re.compile(
    rf"(?:(?:oh|ooh|wow|aww*|and|but|hey|look|yes|yeah|lol|(?:ha)+)[\s,!]+)*"
    rf"(?:that|it)(?:{_A}s| is| was) (?:my|our|me|us|grand\w+|mum|mom|dad|uncle|aunt|cousin)\b "
    r"?(?:[\w'-]+ ?){0,7}",
    re.IGNORECASE,
)
# It may be the one: "that could be her", "oh yes, that must be it!".
MAY_BE_IT = re.compile(
    r"(?:(?:oh|yes|yeah|hm+|wow|ah|well|i think|and)[\s,]+)*(?:(?:that|this|"
    r"it)(?: one)? (?:could|might|must|may|should)(?: well| actually)? be|(?:maybe|perhaps|"
    r"i think|probably) (?:that|this|it)(?:'s| is)|(?:that|this|it)(?:'s| is) (?:maybe|perhaps|"
    r"probably)) (?:him|her|it|them|us|me|the one|one of them)\b[\s!.]*",
    re.IGNORECASE,
)
# Something is asked of what a photo shows, which nobody here can see: "was it snowing?".
ASKS_WHAT_IS_SEEN = re.compile(
    r"(?:(?:and|so|but|ok(?:ay)?|hm+|oh|wait),? )*(?:is|was|are|were) (?:it|that|he|she|they|those|"
    r"these)\b(?! (?:possible|ok(?:ay)?|all|you)\b).{0,60}",
    re.IGNORECASE,
)
# The same of any of them: "is the sky blue in any of them?".
SEEN_IN_THEM = re.compile(
    r"(?:(?:and|so|but) )?(?:is|are|was|were|can you see|do you see) (?:the|an?|any|"
    r"there)\b.{1,40} (?:in|on) (?:(?:any|one|some) of )?(?:them|these|those|it|that one)",
    re.IGNORECASE,
)
# A photo that was shown is praised: "nice colours in that one", "love the light in this".
PRAISE = re.compile(
    r"(?:(?:oh|ooh|wow|aww*|and|but|(?:ha)+)[\s,!]+)*(?:(?:what|such) (?:an? )?|i )?"
    r"(?:(?:really|so|very) )?(?:(?:nice|lovely|great|beautiful|gorgeous|pretty|wonderful|"
    r"amazing|fantastic|stunning|cute|funny|cool|good|perfect|sweet|love|like|adore) )"
    r"(?:(?!(?:photo|picture|pic|shot|one)s?\b)[\w'-]+ ){1,4}in (?:(?:that|this)(?: one| photo|"
    r" picture| pic| shot)?|the (?:first|second|third|fourth|last|top|left|right) (?:one|photo|"
    r"picture|pic|shot))",
    re.IGNORECASE,
)
# Wonder at one that is shown: "aww look at her little face!".
EXCLAIMS = re.compile(
    r"(?:(?:aww*|oh+|wow+|omg|ooh+|(?:ha)+h?|lol|whoa|gosh|jeez)[\s,!]+)+(?:just |will you |"
    r"would you )?look at (?:that|this|him|her|it|them|those|these|his|their|"
    r"its)\b(?: [\w'-]+){0,4}(?:,? (?:what an?|how|so|such an?) [\w' -]{1,30})?[\s!.]*",
    re.IGNORECASE,
)
# What one that is shown is like: "she looks just like my niece".
LOOKS_LIKE = re.compile(
    r"(?:(?:aww*|oh+|wow+|haha+|lol|and|but|hm+),? )*(?:he|she|it|that|this|they|those|that one|"
    r"the (?:first|second|third|last) one) (?:really |just |kinda |kind of |totally |so )*"
    r"(?:looks?|reminds? me)\b(?!.*\b(?:wrong|not|isn't|show|find)\b)[^?]{0,60}"
    r"|(?:my|our|his|her) [\w' -]{1,30} (?:looked|looks) (?:just |exactly |a bit )?like "
    r"(?:this|that|it|him|her|them)[\s!.]*",
    re.IGNORECASE,
)
# The assistant itself is blamed: "you're useless", "this doesn't work".
COMPLAINT = re.compile(
    rf"(?:you(?:{_A}re| are|r)?|ur|u r|u are|youre|this|it|that|what a|such an?)(?: (?:bot|app|"
    rf"thing|program|is|{_A}s|just|so|really|always|never|totally|completely|a|an|bit|pretty|"
    rf"quite|being))*(?: |{_A}s )(?:useless|stupid|dumb|rubbish|terrible|bad at this|hopeless|"
    rf"crap|annoying|an idiot|idiot|broken|no (?:good|help|use)|not (?:helping|helpful|working|"
    rf"good at this|listening|very (?:good|helpful|clever|smart))|slow|worthless|pathetic|"
    rf"get(?:ting|s)? (?:it|that|this|everything) (?:all )?wrong|understand (?:me|anything|"
    rf"nothing)|listen|waste of time)(?: (?:again|every time|bot|at this|today|really))*|(?:you|"
    rf"this|it)(?: (?:thing|bot|app))? (?:really |just )?(?:do|does|did|can)(?:n{_A}t| not|"
    rf"not) (?:understand|work|listen|get it|help)(?: (?:me|at all|anything))*|i hate (?:you|"
    rf"this)(?: (?:app|bot|thing))?|why (?:can|do|are)(?:n{_A}t)? you .{{1,30}}(?:understand|"
    rf"find anything|so \w+|wrong)",
    re.IGNORECASE,
)
# The assistant is praised: "you're an angel".
COMPLIMENT = re.compile(
    rf"(?:oh |aww |well )?(?:you{_A}re|you are|ur|u r)(?: (?:such|an?|the|so|very|really|my|"
    rf"absolute|"
    r"total|true))* (?:darling|angel|star|gem|legend|sweetheart|lifesaver|life saver|best|genius|"
    r"treasure|hero|dear|sweet|kind(?! of\b)|good at this|clever|smart|brilliant|amazing|great|"
    r"helpful)\b(?:[,.!;]* (?:i|we|off|bye|see|talk|thanks?|thank|good ?night|to me|"
    r"for)\b.{0,60})?",
    re.IGNORECASE,
)
# Asked of the assistant itself: "do you ever get tired?".
OF_THE_BOT = re.compile(
    r"(?:and |so |but |hey )?do you (?:ever |really |actually |even |also )*(?:get (?:tired|"
    r"bored|sad|lonely|angry|sick|paid)|sleep|dream|eat|drink|cry|laugh|feel|love|like (?:me|"
    r"your|being|working|this)|breathe|age|die|rest|worry|understand)\b.{0,60}",
    re.IGNORECASE,
)
# How something is done with the program: "how do I make it larger?".
HOW_TO = re.compile(
    r"(?:and |so |but |ok(?:ay)? )?(?:how (?:do|can|could|should|would) (?:i|we|one) (?:make|"
    r"share|save|send|give|download|print|stop|close|quit|exit|use|mark|zoom|enlarge|delete|undo|"
    r"add|install|index|change|hide)\b.{0,60}|(?:which|what) (?:button|"
    r"key)\b.{0,60}|where do i (?:click|press|tap)\b.{0,60})",
    re.IGNORECASE,
)
# What the bot is and does: "what can you do", "who are you".
HELP = re.compile(
    rf"(?:please )?help(?: me)?(?: please)?|what (?:can|do|could) (?:you|u|i|this|it) (?:do|ask|"
    rf"say|search for|look for|ask you|ask for)(?: (?:for me|here|exactly|you|with this))?|"
    rf"how (?:do|does|can|should) (?:i|you|this|it|that|one) (?:use|work|start|begin|search|"
    rf"function)(?: (?:this|it|you|here|that))?|who are you|what are you|are you (?:a |"
    rf"an )?(?:real|human|robot|bot|ai|person|machine|there for me)|what(?:{_A}s| is) your name|"
    rf"are you (?:a |an )?(?:real |actual )*(?:human|person|bot|robot|machine|ai)(?: being)?|"
    rf"(?:is|are|does|do|will|can|could) (?:this|it|that|you|anyone|anybody|someone|anything|my "
    rf"(?:photos|pictures|data)|the photos|google|the internet) .{{0,40}}\b(?:upload\w*|(?:to|in) "
    rf"the cloud|private|privacy|internet|online|servers?|offline|spy\w*|track(?:ing|s)? "
    rf"(?:me|us|my))\b.{{0,30}}|(?:is|are) (?:it|this|my (?:photos|pictures|data)|"
    rf"the photos) safe(?: here| with you)?|who made you|instructions|"
    rf"what do you mean(?: by (?:that|this|it))?|(?:huh|what|eh|"
    rf"pardon)\?*|i (?:do not|don{_A}t|no|not) (?:understand|get (?:it|that|this|you))|"
    rf"what does that mean|how does (?:this|it|that) (?:thing |all )?work",
    re.IGNORECASE,
)
# All that was looked for is to be forgotten: "let's start over", "new search".
RESTART = re.compile(
    rf"(?:(?:let{_A}?s|can we|could we|please|i want to|i{_A}d like to|just) )*"
    r"(?:(?:start|begin)(?: (?:over|again|afresh|anew|from scratch|from the beginning|fresh|"
    r"a new (?:search|chat)))?|restart|reset(?: (?:everything|all|it|the (?:chat|search)))?|"
    r"(?:a )?new (?:search|chat|start)|(?:clear|forget) (?:everything|it all|all of (?:it|that)|"
    r"the (?:chat|search))|from scratch|fresh start)",
    re.IGNORECASE,
)
# A fact of the library: "how many photos are there", "when was this taken".
QUESTION = re.compile(
    rf"(?:so |and |ok |by the way,? |btw,? )*(?:how many (?:{PHOTOS}|of (?:them|these|those|my)|"
    rf"are (?:there|from|in|of|left)|did (?:i|we|you)|do (?:i|we|you)|have (?:i|we|you)|were|from|"
    rf"with|in|more|matched|in total|altogether|albums?|folders?|videos?|[\w-]+ (?:{PHOTOS}|"
    rf"are (?:there|in)|do (?:i|we|you) have|did (?:i|we) (?:take|photograph)|from|were (?:taken|"
    rf"there)))\b.*"
    rf"|how (?:big|large) is (?:my|the|this) (?:library|collection|album)\b.*|"
    rf"(?:total )?number of {PHOTOS}\b.*|count (?:the|my|all|of)\b.*|what{_A}?s the (?:total|"
    rf"count)\b.*|(?:how many|count|total)(?: in total| altogether| so far| now)?"
    rf"|(?:when|where|in (?:which|what) (?:year|place|city|country)|(?:which|what) (?:year|date|"
    rf"day|place|city|country|camera)) (?:was|is|were|did (?:i|we) take|are) (?:this|that|it|"
    rf"these|those|they|the (?:first|second|third|last) one)(?: one)?(?: (?:taken|from|with|"
    rf"photographed|then|again|shot))*|(?:when|what) (?:is|was) (?:my|the) (?:oldest|earliest|"
    rf"newest|latest|first) (?:one|{PHOTOS})(?: (?:from|taken))*|how far back\b.*|since when\b.*|"
    rf"(?:which|what) (?:years?|places?|countries|cities|folders?)\b(?:.*\b(?:there|have|has|"
    rf"covered|library|been|photos|pictures)\b.*))",
    re.IGNORECASE,
)
# What is taken out of a question to leave its content: "how many photos of", "do I have".
QUESTION_WORDS = re.compile(
    rf"^(?:so |and |ok |by the way,? |btw,? )*(?:how many|number of|count)\s*(?:{PHOTOS}\b)?"
    rf"(?:\s*of (?:them|these|those)\b)?(?:\s*(?:have|has|show|contain|include|feature)\b)?(?: "
    rf"(?:are there|do (?:i|we|you) have|did (?:i|we|you) (?:take|have)|have (?:i|we)(?: got)?|"
    rf"are|were))?(?: (?:taken|there|in total))?(?: (?:of|with|showing|from|in)\b)?(?: (?:the|my|"
    rf"these|those|them)(?= ?$))?|\b(?:do|did|have) (?:i|we|you) (?:have|got|take|"
    rf"took)(?: {PHOTOS})?(?: (?:of|in total))?\b|\b(?:are there|in total|altogether|in (?:my|"
    rf"the) (?:library|collection|album|{PHOTOS}))\b|\b{PHOTOS}\b|\b(?:of|in|on) (?:these|those|"
    rf"them)\b|^(?:are|were)\b(?= from| in)",
    re.IGNORECASE,
)
# Words of putting right: "I meant", "let me rephrase".
_LABELS = (
    r"(?:(?:i|we) (?:mean|meant|said|asked for|was asking for|wanted)|what i (?:meant|"
    r"mean) (?:was|is)|make that|correction|to be precise|more precisely|(?:my mistake|oops|"
    r"typo|whoops)(?:,| -| –)?|sorry,? (?:i )?mean|you misunderstood(?: me)?|let me rephrase|"
    r"i should (?:say|have said))"
)
# After what was meant, that those shown are not it: "I said running, those aren't".
ARE_NOT = re.compile(
    rf"[\s,;.–—-]+(?:(?:and|but) )?(?:that|those|these|they|it|this)(?:{_A}s| is| are)?(?: not|"
    rf"n{_A}t|"
    r" no)(?: (?:it|that|one|him|her|them|at all|what i (?:said|meant|asked for)))*\W*$",
    re.IGNORECASE,
)
# What is shown is not what it was taken for: "that isn't a baby at all".
IS_NO = re.compile(
    rf"(?:(?:no|but|hm+|sorry|oh),? )*(?:that|those|these|they|it|this|he|she)(?:{_A}s| is| are|"
    rf"{_A}re)?(?: not|n{_A}t| no)(?: really| actually| even)? (?:(?:an?|the|any|my|our) )?"
    r"(?P<what>[\w' -]+?)(?: at all| in (?:it|them|there|that one)| though| either)*"
    r"(?:[,.!;]+ .{1,30})?",
    re.IGNORECASE,
)
# "no, only the red ones".
NO_ONLY = re.compile(
    r"(?:no+|nah|nope)[\s,]+(?:only|just) (?P<rest>(?!kidding\b|joking\b).+)", re.IGNORECASE
)
# "no, I meant the red one", "wrong, the one with the hat".
CORRECT = re.compile(
    rf"(?:(?:no+|nope|sorry|oh|oops|wait|hold on|hang on|hey|listen|excuse me|ah|"
    rf"not that(?: one)?|not quite|wrong(?: one)?|nah|er|um|"
    rf"actually|close,? but|almost|nearly)[\s,.!:;–—-]+)*{_LABELS}[\s,:;–—-]+(?P<rest>\S.*)"
    rf"|(?:(?:no+|nope|nah|not that(?: one)?|not quite|wrong(?: one)?|"
    rf"sorry)[\s,.!:;–—-]+)+(?P<rest2>(?:the|a|an|my|our|with|in|on|at|it was|he was|she was|"
    rf"it had|he had|she had|it{_A}s|he{_A}s|she{_A}s|where|from|that{_A}s)\b(?! other one| next|"
    rf".{{0,6}}$).*)",
    re.IGNORECASE,
)
# "the red one, I mean", "my brother is what I meant".
MEANT_AFTER = re.compile(
    r"(?P<rest>\S.*?)[\s,;–—-]+(?:i (?:mean|meant|should (?:say|have said))|is what i (?:mean|"
    r"meant))\W*$",
    re.IGNORECASE,
)
# Something else is wanted: "forget that, show me boats", "actually, the lighthouse".
INSTEAD = re.compile(
    rf"(?:(?:(?:forget|scrap|drop|enough of|no more)(?: about)?(?: the| those| these)? "
    rf"[\w-]+(?=[.,!;:–—-])|actually|no wait|wait no|hang on|hold on|no|hm+|ok(?:ay)?|oh|well|"
    rf"on second thoughts?|never ?mind(?: (?:that|those|it|the \w+))?|forget (?:it|that|those|"
    rf"about (?:it|that|those)|(?:the|that|those) \w+)|scrap (?:that|it)|scratch that|"
    rf"leave (?:that|it)|i(?:{_A}ve)? changed my mind|"
    rf"changed my mind|new topic|something (?:different|else)|different (?:topic|question)|"
    rf"or rather|rather|or better|better)[\s,.:;!–—-]+)+(?P<rest>\S.*)",
    re.IGNORECASE,
)
# One of these must be said to want something else: "actually", "never mind".
INSTEAD_WORD = re.compile(
    r"\b(?:actually|no wait|wait no|never ?mind|forget|scrap|drop|enough of|no more|scratch|"
    r"changed my mind|on second thoughts?|new topic|something (?:different|else)|instead|"
    r"rather)\b",
    re.IGNORECASE,
)
# One of the same, with something more: "rather one with snow", "actually, the one by the lake".
ONE_WITH = re.compile(
    r"(?:the |some |another )?ones? (?=(?:with|without|where|in|at|on|near|by|from|when|outside|"
    r"inside|under|behind|beside)\b)",
    re.IGNORECASE,
)
# "boats instead", "how about the cat instead".
INSTEAD_AFTER = re.compile(r"(?P<rest>\S.*?)[\s,]+instead\b\W*$", re.IGNORECASE)
# How a copy is to be, which every one is: "share it without the location".
NO_LOCATION = re.compile(
    r"[\s,]*\b(?:but )?(?:without|with no|no|w/o)(?: (?:the|its|any|my))*(?: (?:gps|exif|"
    r"location|place|camera|meta ?data|data|info|information|or|and))+(?: (?:in|on) it)?",
    re.IGNORECASE,
)
# Between two clauses, and what may begin the second: "..., just show me", "... but find".
CLAUSES = re.compile(r"(?<=[,.;:!?])\s+|\s+(?=but\b)", re.IGNORECASE)
AGAINST_IT = re.compile(r"^(?:(?:but|and|just|only|instead|please)\b[\s,]*)+", re.IGNORECASE)
# Between two sentences.
SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")
# One that is shown is to be seen by itself, or is liked, not handed over: "open number 3".
SHOWS_ONE = re.compile(
    r"\b(?:show|see|open|view|look at|look closer|zoom|enlarge|bigger|larger|closer|in full|"
    r"again|just|only|full (?:size|screen))\b|\bi (?:really |do |also |quite )*(?:like|love|"
    r"prefer)\b",
    re.IGNORECASE,
)
# One that is shown is named by where it stands: "the one on the right".
PLACED = re.compile(r"\b(?:left|right|middle|top|bottom)(?:most)?\b", re.IGNORECASE)
# The same of the one that was spoken of: "bigger", "can you open it".
LOOK_ALONE = re.compile(
    rf"{ASK}(?:(?:make|open|view|enlarge|zoom in(?: on)?|zoom into|zoom|(?:a closer )?look at) ?)?"
    rf"(?:(?:it|that|this|that one|this one|the (?:photo|picture|pic)) ?)?"
    r"(?:(?:a (?:bit|little) |much |in )?(?:bigger|larger|closer|up close|big|"
    r"full(?: ?(?:size|screen))?)|(?<=open )(?:it|that|this|that one|this one)|(?<=zoom )in|"
    r"(?<=enlarge )(?:it|that))(?:,? (?:please,? )?(?:i|we) (?:can't|cannot|can not) (?:see|"
    r"read)\b.*)?",
    re.IGNORECASE,
)
# One that is shown is admired: "number 1!! so cute".
ADMIRES = re.compile(
    r"\b(?:so|very|such|really) (?:cute|sweet|funny|nice|pretty|lovely|good)\b", re.I
)
# Of a wish to hand over, that all are meant: "send them all", "share those".
ALL_SHOWN = re.compile(
    r"\b(?:them|these|those|all|everything)\b(?! (?:to (?:them|those|these|all)\b))", re.IGNORECASE
)
# So many of those shown, and one that is told by what it shows: "those two", "the red one".
SO_MANY_OF_THEM = re.compile(
    r"\b(?:the|those|these|them)(?: last| first)? (two|three|four|five|six|\d)\b", re.IGNORECASE
)
COUNTS = {
    **{str(number): number for number in range(2, 10)},
    **{"two": 2, "three": 3, "four": 4, "five": 5, "six": 6},
}
THE_ONE = re.compile(
    r"\bthe (?:(?!(?:first|second|third|fourth|fifth|sixth|last|right|best|top|"
    r"other)\b)[\w'-]+ ){1,3}ones?\b|\bthe ones? (?:with|where|in|on|at|from|of|by|near)\b",
    re.IGNORECASE,
)
# At the end of a wish for photos, what happens to them then: "... and send it to my sister".
THEN_SHARED = re.compile(
    r"[\s,;.]+(?:and|then|to|so (?:that )?(?:i|we) can)(?: (?:then|also|please))* (?:send|share|"
    r"forward|post|e-?mail|mail|text|whats ?app)(?: (?:me|it|that|them|one|those|this))*"
    r"(?: (?:over|on))?(?: (?:to|with|for) .{1,40})?\W*$",
    re.IGNORECASE,
)
# What may stand around a number that picks a photo: "open ... please", "... looks best".
ABOUT_ONE = re.compile(
    rf"{ASK}(?:i(?:{_A}d| would|{_A}ll)? (?:(?:really|do|also|quite) )*(?:like|love|prefer|take|"
    rf"want|mean|meant|choose|pick)(?: to see)? ?|(?:it{_A}s|it is|it was|that{_A}s|go for|"
    rf"choose|pick|open(?: up)?|zoom in on|zoom into|enlarge|make|select|click(?: on)?|"
    rf"what about|how about|look at|view|yes,?|no,?|that one,?|as well|also|plus|and|too|then|"
    rf"the|one|please|bigger|larger|closer|up close|in full|full size|again|is|are|was|looks?|"
    rf"seems|good|great|nice|lovely|best|cute|sweet|pretty|so|really|such|perfect|fine|funny|"
    rf"right|beautiful|alone|by itself|on its own|separately|ones?|it|that|this|of|"
    rf"these|those|them|just|only|from the left|in the (?:row|list)|to last|very)(?:[\s,]+|$))*",
    re.IGNORECASE,
)
