"""The assistant in a LangChain chain."""

from langchain_core.runnables import RunnableLambda

from bot.assistant import Assistant, Session
from bot.intent.plan import Move, Plan
from bot.runnables import Message, assistant_chain
from tests.bot.assistant.conftest import ScriptedUnderstanding


async def test_it_answers_and_keeps_the_talk(
    assistant: Assistant, session: Session, understanding: ScriptedUnderstanding
) -> None:
    understanding.knows(
        {
            "the red one": Plan(Move.REQUEST, content="red"),
            "share the second": Plan(Move.SHARE, number=2),
        }
    )
    chain = assistant_chain(assistant)
    shown = chain.invoke(Message(session, "the red one"))
    assert shown.photos
    names = chain | RunnableLambda(lambda reply: [one.path for one in reply.shared])
    assert await names.ainvoke(Message(session, "share the second")) == [shown.photos[1].path]
