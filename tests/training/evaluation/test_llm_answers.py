"""Asking the LLM about many dialogues: a real server on loopback, kept answers, no time lost."""

import asyncio
import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda

from bot.conversation import Conversation, Turn
from bot.describe import llm as llm_describer
from bot.descriptors import Description, Descriptors
from bot.dialogues.dialogue import Dialogue
from bot.settings import Settings
from prompts.loader import load_prompt
from tests.support.fake_encoder import ColourEncoder
from tests.support.scripted_llm import ANSWER, ScriptedLLM, fails, says, scripted_llm
from tests.training.conftest import COLOURS
from training.errors import EvaluationError
from training.evaluation.answers import Answer, AnswerCache, Tokens, default_cache_path
from training.evaluation.intent_run import evaluate_intent
from training.evaluation.llm import HOPELESS, AnswerProgress, LLMAsker, RateLimit, read_answer
from training.evaluation.plan import Plan, Price
from training.evaluation.run import Evaluation, Host, evaluate

FOUND = Description(
    descriptors=Descriptors(main_subject="a red wall"), share=True, confidence=0.5, source="llm"
)


def talk(text: str) -> Conversation:
    return Conversation((Turn("a", text),), "a")


def cache(path: Path, model: str = "m", endpoint: str = "http://here/v1") -> AnswerCache:
    return AnswerCache(path, load_prompt("describe"), model, endpoint)


def run(llm: ScriptedLLM, plan: Plan, **more: Any) -> Evaluation:
    settings = Settings(base_url=llm.url, model="m", max_retries=0, **more)
    return evaluate(plan, settings, Host(load_encoder=lambda name: ColourEncoder()))


def colour(text: str) -> str:
    return json.dumps({**ANSWER, "main_subject": text, "foreground_objects": ""})


# -- through a real server ---------------------------------------------------------------------


def test_failed_calls_are_misses_and_only_they_are_asked_again(file: Path, photos: Path) -> None:
    plan = Plan((str(file),), photos=photos, queries=("llm",), rate=RateLimit(concurrency=1))
    answers = [says(colour(f"a {name} wall")) for name in COLOURS]
    broken = [*answers[:6], fails(500), says("no JSON at all")]
    with scripted_llm(*broken) as llm:
        first = run(llm, plan).as_dict()
    assert first["system"] == "llm"
    assert (first["n"], first["hit@1"]) == (8, 6 / 8)
    assert first["misses_by_reason"] == {"LLM failed": 2}
    assert (first["llm"]["asked"], first["llm"]["failed"]) == (8, 2)
    with scripted_llm(*answers[6:]) as llm:
        # The port is part of the server's address, and so of what an answer belongs to.
        moved = sqlite3.connect(default_cache_path())
        with moved:
            moved.execute("UPDATE answer SET endpoint = ?", (llm.url,))
        moved.close()
        second = run(llm, plan).as_dict()
        assert len(llm.seen) == 2
    assert second["hit@1"] == 1.0
    assert second["llm"]["kept_from_before"] == 6


def test_what_the_llm_wrote_is_kept_and_read_anew(
    file: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan((str(file),), photos=photos, queries=("llm",), rate=RateLimit(concurrency=1))
    written = [f"Here it is:\n{colour(f'a {name} wall')}\nEnjoy!" for name in COLOURS]
    with scripted_llm(*map(says, written)) as llm:
        run(llm, plan)
        with sqlite3.connect(default_cache_path()) as kept:
            assert {row[0] for row in kept.execute("SELECT text FROM answer")} == set(written)
        kept.close()
        # A parser that has changed since: it now reads another colour out of the same words.
        read = llm_describer.parse_answer
        monkeypatch.setattr(
            llm_describer, "parse_answer", lambda text: read(text.replace("red", "blue"))
        )
        asked = len(llm.seen)
        again = run(llm, plan)
        assert len(llm.seen) == asked
    described = again.results[0].outcomes[0].asked.description
    assert described is not None and described.descriptors.main_subject == "a blue wall"


def test_an_interrupted_evaluation_goes_on(file: Path, photos: Path) -> None:
    plan = Plan((str(file),), photos=photos, queries=("llm",), rate=RateLimit(concurrency=1))

    def interrupt(progress: AnswerProgress) -> None:
        if progress.done == 3:
            raise KeyboardInterrupt

    with scripted_llm(says(colour("a red wall"))) as llm:
        settings = Settings(base_url=llm.url, model="m")
        host = Host(load_encoder=lambda name: ColourEncoder(), watch=interrupt)
        with pytest.raises(KeyboardInterrupt):
            evaluate(plan, settings, host)
        asked = len(llm.seen)
        assert asked <= 4
        found = run(llm, plan).as_dict()
        assert found["llm"]["kept_from_before"] == 3
        assert len(llm.seen) - asked == 5


def test_intent_by_the_llm(file: Path) -> None:
    answer = json.dumps({**ANSWER, "share": False})
    with scripted_llm(says(answer)) as llm:
        found = evaluate_intent(
            Plan((str(file),)),
            Settings(base_url=llm.url, model="m"),
            Host(load_encoder=lambda name: ColourEncoder()),
        )
    # Its own answers never share; the plain words "let me show" do.
    assert found["systems"]["llm"]["f1"] == 1.0
    assert found["systems"]["offline"]["recall"] == 1.0
    assert found["llm_usage"]["asked"] == found["n"] == 24


def test_the_key_is_not_kept(file: Path, photos: Path) -> None:
    plan = Plan((str(file),), photos=photos, queries=("llm",))
    with scripted_llm(says(colour("a red wall"))) as llm:
        url = llm.url.replace("http://", "http://user:hunter22222@")
        settings = Settings(base_url=url, model="m", api_key="sk-0123456789")  # type: ignore[arg-type]
        evaluate(plan, settings, Host(load_encoder=lambda name: ColourEncoder()))
    stored = b"".join(path.read_bytes() for path in default_cache_path().parent.glob("answers*"))
    assert b"127.0.0.1" in stored
    assert b"hunter22222" not in stored
    assert b"sk-0123456789" not in stored


# -- rate and cost -----------------------------------------------------------------------------


class Describer:
    """Answers after a while; notes how many were under way at once."""

    def __init__(self, seconds: float = 0.0, source: str = "llm") -> None:
        self.seconds = seconds
        self.answer = FOUND.model_copy(update={"source": source, "notice": None})
        self.busy = self.most = self.asked = 0

    async def describe(self, conversation: Conversation) -> Description:
        self.asked += 1
        self.busy += 1
        self.most = max(self.most, self.busy)
        await asyncio.sleep(self.seconds)
        self.busy -= 1
        return self.answer

    def asker(self, path: Path, **rate: Any) -> LLMAsker:
        chain = RunnableLambda(lambda one: self.answer, afunc=self.describe)
        return LLMAsker(chain, cache(path), RateLimit(**rate))


def test_no_more_at_once_than_allowed(tmp_path: Path) -> None:
    describer = Describer(0.02)
    describer.asker(tmp_path / "a.db", concurrency=3).describe([talk(str(n)) for n in range(12)])
    assert (describer.asked, describer.most) == (12, 3)


def test_no_more_a_minute_than_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    describer, waits, real = Describer(), list[float](), asyncio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await real(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    asker = describer.asker(tmp_path / "a.db", concurrency=10, per_minute=600)
    asker.describe([talk(str(n)) for n in range(6)])
    # The first begins at once, and each of the others 0.1 s after the one before it.
    assert describer.asked == 6
    assert 0.4 < max(waits) <= 0.5


def test_answers_of_the_offline_describer_are_not_the_llms(tmp_path: Path) -> None:
    asker = Describer(source="offline").asker(tmp_path / "a.db")
    (reply,) = asker.describe([talk("hi")])
    assert reply.description is None
    assert reply.failed == "the LLM's descriptors were empty"
    assert asker.progress.failed == 1
    assert cache(tmp_path / "a.db").get(talk("hi")) is None


def test_a_hopeless_llm_is_not_asked_a_thousand_times(tmp_path: Path) -> None:
    describer = Describer(source="offline")
    asker = describer.asker(tmp_path / "a.db", concurrency=1)
    with pytest.raises(EvaluationError, match="never answered"):
        asker.describe([talk(str(n)) for n in range(200)])
    assert describer.asked == HOPELESS


def test_a_dialogue_without_words_is_not_asked_about(tmp_path: Path) -> None:
    describer = Describer()
    asked = describer.asker(tmp_path / "a.db").ask(
        [Dialogue("1", (Turn("a", " "),)), Dialogue("2", (Turn("a", "hi"),))]
    )
    assert asked[0].failed == "nothing said before the photo"
    assert asked[1].description is not None
    assert describer.asked == 1


def test_cost_is_of_new_answers() -> None:
    progress = AnswerProgress(done=3, total=3, kept=1, tokens=Tokens(1_000_000, 500_000))
    from training.evaluation.run import llm_as_dict

    plan = Plan((), price=Price(input=0.15, output=0.6))
    assert llm_as_dict(progress, plan)["cost"] == pytest.approx(0.45)
    assert "cost" not in llm_as_dict(progress, Plan(()))


# -- the cache ---------------------------------------------------------------------------------


def test_an_answer_belongs_to_prompt_model_server_and_words(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    cache(path).put(talk("hi"), Answer("{}", Tokens(10, 5)))
    assert cache(path).get(talk("hi")) == Answer("{}", Tokens(10, 5))
    assert cache(path).get(talk("hi!")) is None
    assert cache(path, model="other").get(talk("hi")) is None
    assert cache(path, endpoint="http://there/v1").get(talk("hi")) is None
    prompt = load_prompt("describe")
    for other in (replace(prompt, version=prompt.version + 1), replace(prompt, system="Hm.")):
        assert AnswerCache(path, other, "m", "http://here/v1").get(talk("hi")) is None


def test_an_answer_that_cannot_be_read_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    cache(path).put(talk("hi"), Answer("no description at all"))
    kept = cache(path).get(talk("hi"))
    assert kept is not None and read_answer(kept.text, talk("hi")) is None


def test_files_that_are_no_cache(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 1_000)
    with pytest.raises(EvaluationError, match="cannot be used"):
        cache(broken)
    newer = tmp_path / "newer.db"
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(EvaluationError, match="newer Photopal"):
        cache(newer)
