# SPDX-License-Identifier: Apache-2.0
"""Messages from dicts as people write them: short names of enums, one value for a list, all mistakes at once.

The rules are those of the command line's recipe files.
"""

from __future__ import annotations

import difflib
import numbers
import re
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message


class Mistake(NamedTuple):
    """What is wrong where."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


def suggestion(name: str, names: Sequence[str]) -> str:
    """The nearest of `names`, if one is near, and all of them."""
    near = difflib.get_close_matches(name.lower(), names, 1)
    return (f"Did you mean '{near[0]}'? " if near else "") + f"There are: {', '.join(names)}."


def fill(message: Message, values: object) -> list[Mistake]:
    """Writes the fields of `values` into `message`, and says what it could not."""
    mistakes: list[Mistake] = []
    _fill(message, values, "", mistakes)
    return mistakes


def _fill(message: Message, values: object, path: str, mistakes: list[Mistake]) -> None:
    if isinstance(values, type(message)):
        message.CopyFrom(values)
        return
    if not isinstance(values, Mapping):
        mistakes.append(Mistake(path, f"must be a mapping of fields, not {_kind(values)}"))
        return
    descriptor: Any = message.DESCRIPTOR  # its types know nothing of names in camel case
    seen: set[str] = set()
    for key, value in values.items():
        field = descriptor.fields_by_name.get(key) or descriptor.fields_by_camelcase_name.get(key)
        where = f"{path}.{key}" if path else str(key)
        if field is None:
            names = [one.name for one in descriptor.fields]
            mistakes.append(Mistake(where, f"there is no such field. {suggestion(str(key), names)}"))
        elif field.name in seen:
            mistakes.append(Mistake(where, "is there twice"))
        elif not _is_nothing(value, field) and (other := _other_of_oneof(message, field)):
            mistakes.append(Mistake(where, f"and {other} exclude each other"))
        else:
            seen.add(field.name)
            _set(message, field, value, where.removesuffix(str(key)) + field.name, mistakes)


def _other_of_oneof(message: Message, field: FieldDescriptor) -> str | None:
    """What is set in the place of `field`."""
    oneof = field.containing_oneof
    return message.WhichOneof(oneof.name) if oneof is not None else None


def _set(message: Message, field: FieldDescriptor, value: object, path: str, mistakes: list[Mistake]) -> None:
    if _is_nothing(value, field):
        return
    if not field.is_repeated:
        if field.message_type is not None:
            child = getattr(message, field.name)
            child.SetInParent()  # `classes: {}` is an empty message
            _fill(child, value, path, mistakes)
        else:
            _put(lambda one: setattr(message, field.name, one), field, value, path, mistakes)
        return
    several = isinstance(value, (Sequence, Set)) and not isinstance(value, (str, bytes))
    for i, one in enumerate(value if several else [value]):  # type: ignore[arg-type,var-annotated]
        element = f"{path}[{i}]" if several else path
        if field.message_type is None:
            _put(getattr(message, field.name).append, field, one, element, mistakes)
        else:
            _fill(getattr(message, field.name).add(), one, element, mistakes)


def _put(put: Any, field: FieldDescriptor, value: object, path: str, mistakes: list[Mistake]) -> None:
    if isinstance(value, (Mapping, Sequence)) and not isinstance(value, (str, bytes)):
        mistakes.append(Mistake(path, f"must be a single value, not {_kind(value)}"))
        return
    wrong = _EXPECTED.get(field.cpp_type, "no whole number, or too large")
    try:
        put(_SCALARS.get(field.cpp_type, _whole)(value, field))
    except (ValueError, TypeError, OverflowError):
        if field.enum_type is not None:
            names = _short_names(field.enum_type)
            wrong = f"no {field.enum_type.name}. {suggestion(str(value).replace('-', '_'), names)}"
        mistakes.append(Mistake(path, f"{value!r} is {wrong}"))


# --- values of one kind; ValueError: `value` is none ---


def _whole(value: object, _: FieldDescriptor) -> int:
    if isinstance(value, bool):
        raise ValueError
    if isinstance(value, str):
        if not re.fullmatch("-?[0-9]+", value):
            raise ValueError
        return int(value)
    number = float(value) if isinstance(value, numbers.Real) else 0.5
    if not isinstance(value, numbers.Integral) and not number.is_integer():
        raise ValueError
    return int(value)  # type: ignore[call-overload,no-any-return]


def _number(value: object, _: FieldDescriptor) -> float:
    if isinstance(value, bool) or not isinstance(value, (str, numbers.Real)):
        raise ValueError
    return float(value)


def _truth(value: object, _: FieldDescriptor) -> bool:
    if isinstance(value, str):
        value = {"true": True, "yes": True, "false": False, "no": False}.get(value.lower())
    if not isinstance(value, bool):
        raise ValueError
    return value


def _text(value: object, _: FieldDescriptor) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, numbers.Integral)):
        raise ValueError
    return str(value)


def _enum(value: object, field: FieldDescriptor) -> int:
    kind = field.enum_type
    if isinstance(value, str):
        name = value.upper().replace("-", "_")
        found = kind.values_by_name.get(name) or kind.values_by_name.get(_prefix(kind) + name)
    else:
        found = kind.values_by_number.get(_whole(value, field))
    if found is None:
        raise ValueError
    return int(found.number)


_SCALARS: dict[int, Any] = {
    FieldDescriptor.CPPTYPE_BOOL: _truth,
    FieldDescriptor.CPPTYPE_ENUM: _enum,
    FieldDescriptor.CPPTYPE_FLOAT: _number,
    FieldDescriptor.CPPTYPE_DOUBLE: _number,
    FieldDescriptor.CPPTYPE_STRING: _text,
}
_EXPECTED = {
    FieldDescriptor.CPPTYPE_BOOL: "neither true nor false",
    FieldDescriptor.CPPTYPE_FLOAT: "no number",
    FieldDescriptor.CPPTYPE_DOUBLE: "no number",
    FieldDescriptor.CPPTYPE_STRING: "no text; put it in quotes",
    FieldDescriptor.CPPTYPE_UINT32: "no whole number from 0 on, or too large",
    FieldDescriptor.CPPTYPE_UINT64: "no whole number from 0 on, or too large",
}


def _prefix(kind: EnumDescriptor) -> str:
    """What values of an enum have in common: "LAST_BATCH_" of LastBatch's."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.name).upper() + "_"


def _short_names(kind: EnumDescriptor) -> list[str]:
    return [one.name.removeprefix(_prefix(kind)).lower() for one in kind.values if one.number != 0]


def _is_nothing(value: object, field: FieldDescriptor) -> bool:
    """What leaves `field` unset: in YAML a key with nothing behind it is an empty text."""
    return value is None or (value == "" and (field.message_type is not None or field.is_repeated))


def _kind(value: object) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return "a list"
    return "nothing" if value is None else "a single value"
