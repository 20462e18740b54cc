"""The assistant as a LangChain runnable, for programs that chain it with others."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from langchain_core.runnables import Runnable, RunnableLambda

from bot.assistant.choices import Choices
from bot.assistant.reply import Reply
from bot.assistant.session import Session

if TYPE_CHECKING:
    from bot.assistant.assistant import Assistant


@dataclass(frozen=True)
class Message:
    """A message in its talk.

    Attributes:
        session: the state of the talk; brought up to date by the answer.
        text: what the person says.
        choices: how many photos, whether an LLM may help.
    """

    session: Session
    text: str
    choices: Choices = field(default_factory=Choices)


def assistant_chain(assistant: "Assistant") -> Runnable[Message, Reply]:
    """The assistant as an LCEL runnable: ``invoke``, ``ainvoke``, ``batch``, ``stream``, ``|``.

    A talk is one session after another message; messages of one session must not run at once.

    Example::

        chain = assistant_chain(load_assistant(Settings.load()).assistant)
        talk = Session()
        chain.invoke(Message(talk, "show me the dog in the snow")).photos
        chain.invoke(Message(talk, "share the second one")).shared
    """

    def run(message: Message) -> Reply:
        return assistant.respond(message.session, message.text, message.choices)

    return RunnableLambda(run, name="assistant")


__all__ = ["Message", "assistant_chain"]
