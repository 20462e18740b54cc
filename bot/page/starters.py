"""The conversation openers on the welcome screen."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Opener:
    """A button on the welcome screen and what it sends."""

    label: str
    message: str


SAMPLES = (
    Opener("My cat is being dramatic", "my cat is being dramatic again, you should see his face"),
    Opener("We watched the launch", "we watched the launch from the cape, show me the rocket"),
    Opener("That temple in China", "show me the temple in China"),
    Opener("A cup of coffee", "do you have a photo of a cup of coffee?"),
)
"""For the bundled sample photos."""

OWN_PHOTOS = (
    Opener("A day at the beach", "we had such a lovely day at the beach, you should see this"),
    Opener("My pet, of course", "you have to see what my pet did today"),
    Opener("That dinner", "the dinner we cooked looked amazing, here's a photo"),
    Opener("Up in the mountains", "we hiked up into the mountains, you should see the view"),
)
"""For anybody's photos."""


def openers(*, samples: bool) -> tuple[Opener, ...]:
    """The openers for a library of the sample photos, or of somebody's own."""
    return SAMPLES if samples else OWN_PHOTOS
