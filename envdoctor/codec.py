"""Facts and reports to plain JSON values and back; the types themselves are the schema."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import Any, Dict, Mapping, Tuple, Type, TypeVar, Union, cast, get_type_hints

from .frozen import names_of
from .reading import Absent, Known, Unknown

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """Dataclasses to dicts, tuples to lists; a Reading is {"known": ...}, {"absent": [...]} or {"unknown": ...}."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Known):
        return {"known": to_plain(value.value), "source": value.source}
    if isinstance(value, Absent):
        return {"absent": list(value.looked)}
    if isinstance(value, Unknown):
        return {"unknown": value.reason, "detail": value.detail, "source": value.source}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    return {name: to_plain(getattr(value, name)) for name in names_of(type(value))}


@lru_cache(maxsize=None)
def _hints(kind: type) -> Dict[str, Any]:
    return get_type_hints(kind)


def from_plain(kind: Type[T], plain: Any) -> T:
    """The inverse of `to_plain`. ValueError names the field that does not fit; unknown keys are ignored."""
    return cast(T, _read(kind, plain, getattr(kind, "__name__", str(kind))))


def _read(kind: Any, plain: Any, where: str) -> Any:
    origin: Any = getattr(kind, "__origin__", None)
    args: Tuple[Any, ...] = getattr(kind, "__args__", ())
    if origin is Union:
        if any(getattr(arg, "__origin__", None) is Known for arg in args):
            return _reading(args, plain, where)
        if plain is None and type(None) in args:
            return None
        return _read(next(arg for arg in args if arg is not type(None)), plain, where)
    if origin is tuple:
        if not isinstance(plain, list):
            raise ValueError(f"{where}: a list is expected")
        if len(args) == 2 and args[1] is Ellipsis:
            return tuple(_read(args[0], item, f"{where}[{i}]") for i, item in enumerate(plain))
        if len(args) != len(plain):
            raise ValueError(f"{where}: {len(args)} items are expected")
        return tuple(_read(arg, item, f"{where}[{i}]") for i, (arg, item) in enumerate(zip(args, plain)))
    if dataclasses.is_dataclass(kind):
        if not isinstance(plain, dict):
            raise ValueError(f"{where}: an object is expected")
        hints = _hints(cast(type, kind))
        missing = [name for name in hints if name not in plain and _required(cast(type, kind), name)]
        if missing:
            raise ValueError(f"{where}: {missing[0]} is missing")
        return cast(Any, kind)(
            **{name: _read(hints[name], plain[name], f"{where}.{name}") for name in hints if name in plain}
        )
    if kind is float and isinstance(plain, int) and not isinstance(plain, bool):
        return float(plain)
    if not isinstance(plain, kind) or (kind is int and isinstance(plain, bool)):
        raise ValueError(f"{where}: {kind.__name__} is expected, not {type(plain).__name__}")
    return plain


def _required(kind: type, name: str) -> bool:
    field = next(field for field in dataclasses.fields(kind) if field.name == name)
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _reading(args: Any, plain: Any, where: str) -> Any:
    if isinstance(plain, dict):
        if "known" in plain:
            known = next(arg for arg in args if getattr(arg, "__origin__", None) is Known)
            return Known(_read(known.__args__[0], plain["known"], where), str(plain.get("source", "")))
        if isinstance(plain.get("absent"), list):
            return Absent(tuple(str(item) for item in plain["absent"]))
        if "unknown" in plain:
            return Unknown(str(plain["unknown"]), str(plain.get("detail", "")), str(plain.get("source", "")))
    raise ValueError(f"{where}: known, absent or unknown is expected")
