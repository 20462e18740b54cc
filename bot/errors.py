"""The errors of the bot. Each message says what went wrong and what to do next, in one line.

The whole tree stands in :mod:`retrieval.errors`.
"""

import math

from retrieval.errors import PhotopalError


class BotError(PhotopalError):
    """Base of every error that the bot raises on purpose."""


class EmptyDialogue(BotError):
    """A dialogue holds no message to work with."""


class DialogueUnreadable(BotError):
    """A dialogue file is missing, is not text, or has a shape that is not known."""


class SettingsInvalid(BotError):
    """A setting or an environment variable has a value that cannot be used."""


class DescriberUnavailable(BotError):
    """The small language model is not installed, or does not work."""


class HistoryError(BotError):
    """The history of chats cannot be read or written."""


class HistoryNotFound(HistoryError):
    """There is no history yet."""


class HistoryTooNew(HistoryError):
    """The history was written by a newer version of Photopal. It is left untouched."""


class HistoryBusy(HistoryError):
    """Another process is writing to the history."""


class HistoryUnreachable(HistoryError):
    """The server of the history does not answer, or does not let us in."""


class ChatNotFound(HistoryError):
    """There is no such chat in the history, or it was deleted."""


class FeedbackNotFound(HistoryError):
    """There is no such feedback in the history, or it was deleted."""


class AccountError(BotError):
    """The accounts of the page cannot be read or written."""


class AccountExists(AccountError):
    """There is an account of this name already."""


class AccountUnknown(AccountError):
    """There is no account of this name."""


class AccountNameInvalid(AccountError):
    """This cannot be the name of an account."""


class PasswordUnfit(AccountError):
    """This cannot be a password: too short, too long, or not the same twice."""


class TooManyGuesses(AccountError):
    """Passwords were guessed too often.

    Attributes:
        seconds: after which one more guess is allowed.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = max(1, math.ceil(seconds))
        super().__init__(f"too many tries: wait {self.seconds} s, then try again")


class QuestionUnclear(BotError):
    """A program's question names a time that is none, or leaves out what it needs."""


class SessionUnknown(BotError):
    """There is no session of this id: it never was, was ended, or was dropped for newer ones."""


class SessionBusy(BotError):
    """A session is still answering another message."""


class TooManyChats(BotError):
    """More people want an answer at once than can be given one in good time."""


class LLMError(BotError):
    """Base of what can go wrong with the LLM; the offline describer takes over."""


class LLMUnreachable(LLMError):
    """No connection, a time-out, or a server error that outlasted the retries."""


class NetworkSettingInvalid(LLMError):
    """A proxy or certificate variable of the environment cannot be used."""


class LLMRefusedKey(LLMError):
    """401 or 403: the key or the rights are wrong. Never retried."""


class LLMRateLimited(LLMError):
    """429 that outlasted the retries."""


class LLMRejectedRequest(LLMError):
    """400, 404 or 422: the server does not take this request. Never retried."""


class LLMAnswerUnusable(LLMError):
    """The answer is empty, too long, a refusal, or no JSON of the asked shape, after one repair."""
