"""The describer that works without an LLM server, as the settings choose it."""

from typing import TYPE_CHECKING, Literal

from bot.describe.base import Describer
from bot.describe.phrases import PhraseDescriber
from bot.descriptors import OfflineDescriber
from bot.errors import DescriberUnavailable

if TYPE_CHECKING:
    from retrieval.encoders.base import Encoder

OfflineChoice = Literal["auto", "phrases", "small_llm"]


def offline_describer(
    choice: OfflineChoice, encoder: "Encoder | None" = None, *, in_chat: bool = False
) -> Describer:
    """The describer of a choice; nothing is loaded before its first use.

    Args:
        choice: ``auto`` is the small language model where its packages are installed.
        encoder: one that is loaded already, for the phrases.
        in_chat: people wait for every answer; ``auto`` is phrases then, since the model takes
            about two seconds.

    Raises:
        DescriberUnavailable: ``small_llm`` was chosen and its packages are not installed.
    """
    from bot.describe.small_llm import SmallLLM, SmallLLMDescriber

    phrases = PhraseDescriber(encoder)
    if (in_chat and choice == "auto") or chosen_describer(choice) == "phrases":
        return phrases
    return SmallLLMDescriber(SmallLLM.installed(), phrases)


def chosen_describer(choice: OfflineChoice) -> OfflineDescriber:
    """Which describer a choice means on this machine.

    Raises:
        DescriberUnavailable: ``small_llm`` was chosen and its packages are not installed.
    """
    from bot.describe.small_llm import SmallLLM

    if choice == "phrases":
        return "phrases"
    try:
        SmallLLM.installed()
    except DescriberUnavailable:
        if choice == "auto":
            return "phrases"
        raise
    return "small_llm"
