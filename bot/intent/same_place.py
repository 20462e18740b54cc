"""Photos from the place that was spoken of: "did I take any dogs there?"."""

import re
from dataclasses import replace

from bot.intent.plan import Move, Plan

_THERE = re.compile(
    r"(?:^|"
    r"[\s,]+)(?<!is )(?<!are )(?<!was )(?<!were )(?<!over )(?<!up )(?<!down )(?<!out )(?<!back )"
    r"(?<!in )(?:(?:from|at|taken|while we were|when we were|in) )?(?:there|that (?:city|town|"
    r"country))"
    r"(?:[\s,]+(?:too|as well|please|then))*\W*$",
    re.IGNORECASE,
)
_WHAT_THERE = re.compile(
    r"(?:(?:and|so|but|ok(?:ay)?),? )*(?:what(?: else)?|which (?:photos?|pictures?)) (?:did|do|"
    r"have) (?:i|we) (?:photograph|see|take|shoot|do|visit|eat|have|seen|taken|snap)"
    r"(?: (?:photos?|pictures?) of)? there\W*",
    re.IGNORECASE,
)
_MOVES = frozenset({Move.REQUEST, Move.REFINE, Move.INSTEAD})


def of_that_place(plan: Plan, said: str) -> Plan:
    """The plan with :attr:`Plan.there` set, and without the word, where its message says "there".

    Args:
        plan: of the message.
        said: the message.
    """
    if plan.where or plan.aspect or plan.same:
        return plan
    if _WHAT_THERE.fullmatch(said.strip()):
        return replace(plan, move=Move.REFINE, content="", there=True)
    if plan.move not in _MOVES or not _THERE.search(said.strip(" .?!")):
        return plan
    return replace(plan, content=_THERE.sub("", plan.content).strip(" ,"), there=True)
