"""What is wrong with a recipe, in one line: pydantic's findings with the nearest name there is."""

import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from training.bench.nearest import did_you_mean


def in_one_line(error: ValidationError, model: type[BaseModel]) -> str:
    """The first finding: where it is, what is wrong, and what may have been meant.

    Args:
        error: of validating ``model``.
        model: whose fields are named.
    """
    found = error.errors()
    # A name that nobody knows explains more than what is missing because of it.
    first = next((one for one in found if one["type"] in _OF_NAMES), found[0])
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    where, said = _told(first, model)
    return f"{where}: {said}{more}" if where else f"{said}{more}"


_OF_NAMES = ("extra_forbidden", "union_tag_invalid")


def _told(one: Mapping[str, Any], model: type[BaseModel]) -> tuple[str, str]:
    place = _names_in(one["loc"], model)
    kind, context = one["type"], one.get("ctx", {})
    if kind == "extra_forbidden":
        key = str(one["loc"][-1])
        fields = _fields_at(one["loc"][:-1], model)
        return ".".join(place[:-1]), f"no field {key!r}{did_you_mean(key, fields)}"
    if kind == "union_tag_invalid":
        tag = str(context.get("tag", ""))
        known = [part.strip(" '") for part in str(context.get("expected_tags", "")).split(",")]
        return ".".join(place), f"no kind {tag!r}{did_you_mean(tag, known)}"
    if kind == "union_tag_not_found":
        return ".".join(place), "needs a field 'kind'"
    if kind == "value_error":
        return ".".join(place), str(context.get("error", one["msg"]))
    return ".".join(place), one["msg"][:1].lower() + one["msg"][1:]


def _names_in(loc: Sequence[int | str], model: type[BaseModel]) -> list[str]:
    """The place as it stands in the file: without the kinds of unions between."""
    names: list[str] = []
    at = [model]
    for part in loc:
        inside = _inside(at, part)
        if inside is not None:
            names.append(str(part))
            at = inside
        elif isinstance(part, int) or not _narrowed(at, part):
            # A place in a list, or a key that there is not.
            if not isinstance(part, int) and part.startswith(("tagged-union", "str", "function-")):
                continue
            names.append(str(part))
        else:
            at = _narrowed(at, part)
    return names


def _fields_at(loc: Sequence[int | str], model: type[BaseModel]) -> list[str]:
    """The fields that there are at a place."""
    at = [model]
    for part in loc:
        inside = _inside(at, part)
        if inside is not None:
            at = inside
        elif isinstance(part, str):
            at = _narrowed(at, part) or at
    return sorted({field for one in at for field in one.model_fields})


def _inside(models: Sequence[type[BaseModel]], part: int | str) -> list[type[BaseModel]] | None:
    """The models that the field ``part`` may hold; None where none of them has such a field."""
    fields = [
        one.model_fields[part]
        for one in models
        if isinstance(part, str) and part in one.model_fields
    ]
    if not fields:
        return None
    return [found for field in fields for found in _models(field.annotation)]


def _narrowed(models: Sequence[type[BaseModel]], kind: str) -> list[type[BaseModel]]:
    """Those of a union that are of this kind."""
    return [
        one
        for one in models
        if "kind" in one.model_fields and kind in get_args(one.model_fields["kind"].annotation)
    ]


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) is Annotated:
        return _models(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType, tuple, list):
        return [found for one in get_args(annotation) for found in _models(one)]
    return []
