"""Why a dialogue is a miss although nothing was ranked wrongly. Each counts; none is dropped."""

PHOTO_MISSING = "photo missing"
PHOTO_UNREADABLE = "photo unreadable"
NO_LABELS = "no labels in the file"
NOTHING_TO_GO_BY = "nothing said before the photo"
NO_DESCRIPTORS = "no recorded descriptors"
EMPTY_DESCRIPTORS = "empty descriptors"
NO_CAPTION = "no caption"
LLM_FAILED = "LLM failed"
FILTERED_OUT = "kept out by when or where"
RANKED_LOW = "ranked below 30"

UNAVAILABLE = frozenset({PHOTO_MISSING, PHOTO_UNREADABLE, NO_LABELS})
"""The photo's fault, not the system's: what ``--only-available`` leaves out."""
