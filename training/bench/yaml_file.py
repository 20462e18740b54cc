"""Reads YAML that others wrote: bounded in size, depth and repetition; plain values only."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

from training.errors import RecipeInvalid

MOST_BYTES = 1_000_000
MOST_NODES = 50_000
"""Values that a file may hold once its aliases are written out."""

MOST_DEPTH = 30


def read_yaml(path: Path) -> Any:
    """The value that a YAML file holds.

    YAML's safe subset is read: no tag makes an object. Aliases may be used; a file that they blow
    up, or that holds itself, is refused, and so is a key that stands twice.

    Raises:
        RecipeInvalid: in one line, with the place.
    """
    import yaml

    text = _text_of(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            return None
        _Measured(path).nodes(node, 0, ())
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1}" if mark is not None else ""
        said = error.problem or error.context or "cannot be read"
        raise RecipeInvalid(f"{path}{where} is not valid YAML: {said}") from None
    except yaml.YAMLError as error:
        raise RecipeInvalid(f"{path} is not valid YAML: {error}") from None
    except (RecursionError, ValueError) as error:
        said = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise RecipeInvalid(f"{path} cannot be read: {said}") from None


def _text_of(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise RecipeInvalid(
                f"{path} has {size / 1e6:,.1f} MB: a file of recipes may have "
                f"{MOST_BYTES / 1e6:g} MB"
            )
        with path.open("rb") as file:
            # A pipe has no size, and a file may grow.
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise RecipeInvalid(f"{path}: {error.strerror or error}") from None
    if len(content) > MOST_BYTES:
        raise RecipeInvalid(f"{path} holds more than {MOST_BYTES / 1e6:g} MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RecipeInvalid(f"{path} is not a text in UTF-8") from None


class _Measured:
    """Counts the values of a file as they are once its aliases are written out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[int, int] = {}

    def nodes(self, node: Any, depth: int, above: tuple[int, ...]) -> int:
        """How many values this one holds, itself included.

        Args:
            node: of the composed file.
            depth: how deep it stands.
            above: identities of the values that it stands in.
        """
        import yaml

        place = id(node)
        if place in above:
            raise self._refused(node, "an alias stands for what it is part of")
        if depth > MOST_DEPTH:
            raise self._refused(node, "it is nested too deeply")
        if place in self._known:
            return self._known[place]
        inside: list[Any] = []
        if isinstance(node, yaml.MappingNode):
            self._keys(node)
            inside = [one for pair in node.value for one in pair]
        elif isinstance(node, yaml.SequenceNode):
            inside = node.value
        count = 1
        for one in inside:
            count += self.nodes(one, depth + 1, (*above, place))
            if count > MOST_NODES:
                raise self._refused(node, f"it holds more than {MOST_NODES:,} values")
        self._known[place] = count
        return count

    def _keys(self, node: Any) -> None:
        import yaml

        seen: set[Hashable] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    raise self._refused(key, f"the key {key.value!r} stands twice")
                seen.add(key.value)

    def _refused(self, node: Any, why: str) -> RecipeInvalid:
        return RecipeInvalid(f"{self._path}, line {node.start_mark.line + 1}: {why}")
