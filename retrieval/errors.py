"""The errors of Photopal. Each message says what went wrong and what to do next, in one line.

All errors that Photopal raises on purpose, whatever the package::

    PhotopalError
    ├── RetrievalError                 retrieval.errors
    │   ├── FolderNotFound
    │   ├── StorageError
    │   ├── NoPhotosFound
    │   ├── PhotosMissing
    │   ├── UnreadableImage
    │   ├── EncoderUnavailable
    │   ├── EncoderFolderInvalid
    │   ├── EncoderMismatch
    │   ├── TextReaderUnavailable
    │   ├── LibraryError
    │   │   ├── LibraryNotFound
    │   │   ├── LibraryTooNew
    │   │   ├── LibraryBusy
    │   │   ├── LibraryEmpty
    │   │   └── ExportInvalid
    │   ├── VectorServerError
    │   │   ├── VectorServerAway
    │   │   ├── VectorServerRefused
    │   │   └── VectorIndexBehind
    │   ├── PhotoNotFound
    │   ├── EmptyQuery
    │   └── BulkRunFailed
    │       ├── EngineUnavailable
    │       └── WorkerDied
    ├── BotError                       bot.errors
    │   ├── EmptyDialogue
    │   ├── DialogueUnreadable
    │   ├── SettingsInvalid
    │   ├── DescriberUnavailable
    │   ├── HistoryError
    │   │   ├── HistoryNotFound
    │   │   ├── HistoryTooNew
    │   │   ├── HistoryBusy
    │   │   ├── HistoryUnreachable
    │   │   ├── ChatNotFound
    │   │   └── FeedbackNotFound
    │   ├── AccountError
    │   │   ├── AccountExists, AccountUnknown, AccountNameInvalid
    │   │   └── PasswordUnfit, TooManyGuesses
    │   ├── QuestionUnclear
    │   ├── SessionUnknown, SessionBusy
    │   ├── TooManyChats
    │   └── LLMError
    │       ├── LLMUnreachable
    │       ├── NetworkSettingInvalid
    │       ├── LLMRefusedKey
    │       ├── LLMRateLimited
    │       ├── LLMRejectedRequest
    │       └── LLMAnswerUnusable
    └── TrainingError                  training.errors
        ├── DatasetInvalid, PhotosUnusable, SplitsOverlap, EncoderNotTrainable
        ├── CheckpointUnusable, LossNotFinite, CollapseDetected, DiskFull, OutOfMemory
        ├── EvaluationError
        │   ├── ReportNotWritten
        │   ├── QueryUnsuitable, VectorsInvalid
        │   ├── NeedsHub (an EncoderUnavailable, too)
        │   └── PhotoUnreadable (an UnreadableImage, too)
        └── BenchError
            └── RecipeInvalid, SizesDiffer, RunMismatch, RecipeNotMeasured
"""


class PhotopalError(Exception):
    """Base of every error that Photopal raises on purpose; its message is for a person."""


class RetrievalError(PhotopalError):
    """Base of every error of the photo library, its encoders and its search."""


class FolderNotFound(RetrievalError):
    """A folder of photos does not exist or is not a folder."""


class StorageError(RetrievalError):
    """Object storage is out of reach, refuses access, or has no such bucket."""


class NoPhotosFound(RetrievalError):
    """A folder holds no file with the name of a photo."""


class PhotosMissing(RetrievalError):
    """So many photos are gone at once that the folder, not the photos, seems to be missing."""


class UnreadableImage(RetrievalError):
    """A file could not be decoded into a picture. The message is the reason, without the path."""


class EncoderUnavailable(RetrievalError):
    """An encoder could not be loaded: missing package, missing folder, hub out of reach."""


class EncoderFolderInvalid(RetrievalError):
    """An encoder folder is incomplete, of an unknown kind, or holds weights that do not fit."""


class EncoderMismatch(RetrievalError):
    """A library was embedded by another encoder than the one asked to search it."""


class TextReaderUnavailable(RetrievalError):
    """Text in photos cannot be read: a package is missing or damaged."""


class LibraryError(RetrievalError):
    """The library database cannot be used."""


class LibraryNotFound(LibraryError):
    """There is no library at this path yet."""


class LibraryTooNew(LibraryError):
    """The library was written by a newer version of Photopal. It is left untouched."""


class LibraryBusy(LibraryError):
    """Another process is writing to the library."""


class LibraryEmpty(LibraryError):
    """The library holds no photo that can be searched."""


class ExportInvalid(LibraryError):
    """An export of a library cannot be taken in, or written where it should be."""


class VectorServerError(RetrievalError):
    """A server that keeps a vector index cannot be used. The library has everything."""


class VectorServerAway(VectorServerError):
    """The server does not answer, or not in time."""


class VectorServerRefused(VectorServerError):
    """The address is wrong, the token is, or the collection belongs to something else."""


class VectorIndexBehind(VectorServerError):
    """The collection is not there, or lacks more photos than can be made up for."""


class PhotoNotFound(RetrievalError):
    """A photo id is not in the library, or its file is gone."""


class EmptyQuery(RetrievalError):
    """A query holds no text to search with."""


class BulkRunFailed(RetrievalError):
    """Worker processes could not do their work. What they finished before is kept."""


class EngineUnavailable(BulkRunFailed):
    """The engine that runs worker processes is unknown, or its package is missing."""


class WorkerDied(BulkRunFailed):
    """A worker process ended before its work was done."""
