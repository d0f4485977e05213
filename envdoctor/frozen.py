"""`@frozen`: a frozen dataclass whose methods are shared functions instead of code generated for each class.

To mypy it is a dataclass, and it becomes one in fact when `dataclasses.fields` or `replace` asks for its fields. The
standard decorator with frozen=True compiles six functions a class, 0.6 ms each time the program starts; a hundred
classes made that half of the time that a check took. This one takes a hundredth of it (a NamedTuple an eighth).
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Callable, Dict, NoReturn, Tuple, Type, TypeVar

T = TypeVar("T")

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Callable[[T], T]:
        return lambda decorator: decorator


class _FieldsWhenAsked:
    """Stands in a class for `__dataclass_fields__`, by which dataclasses are known, and makes it one when looked at."""

    def __get__(self, instance: object, kind: type) -> Dict[str, dataclasses.Field[Any]]:
        dataclasses.dataclass(init=False, repr=False, eq=False)(kind)
        made: Dict[str, dataclasses.Field[Any]] = kind.__dict__["__dataclass_fields__"]
        return made


_FIELDS = _FieldsWhenAsked()


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def frozen(kind: Type[T]) -> Type[T]:
    """The fields are the annotations of the class itself: no inheritance from another such class, no ClassVar."""
    made: Any = kind
    made.__doc__ = made.__doc__ or made.__name__  # without one, dataclass() would work out a signature for it
    made._names = tuple(made.__annotations__)
    made._every = frozenset(made._names)
    made._defaults, made._makers = _defaults(kind, made._names)
    made.__dataclass_fields__ = _FIELDS
    made.__init__, made.__repr__ = _init, _repr
    made.__eq__, made.__hash__ = _eq, _hash
    made.__setattr__ = made.__delattr__ = _refuse
    return kind


def names_of(kind: type) -> Tuple[str, ...]:
    """Names of the fields, without making a dataclass of it."""
    names: Tuple[str, ...] = kind._names  # type: ignore[attr-defined]
    return names


def _defaults(kind: type, names: Tuple[str, ...]) -> Tuple[Dict[str, Any], Dict[str, Callable[[], Any]]]:
    values, makers = {}, {}
    for name in names:
        said = kind.__dict__.get(name, dataclasses.MISSING)
        if not isinstance(said, dataclasses.Field):
            values[name] = said
        elif said.default_factory is dataclasses.MISSING:
            values[name] = said.default
        else:
            makers[name] = said.default_factory
    return {name: value for name, value in values.items() if value is not dataclasses.MISSING}, makers


def _init(self: Any, *values: Any, **named: Any) -> None:
    kind = type(self)
    names: Tuple[str, ...] = kind._names
    if len(values) == len(names) and not named:  # most are made this way, thousands in a check: half the time
        self.__dict__.update(zip(names, values))
        return
    given: Dict[str, Any] = {**kind._defaults, **dict(zip(names, values)), **named}
    for name, make in kind._makers.items():
        given.setdefault(name, make())
    if given.keys() != kind._every or len(values) > len(names):
        wrong = [name for name in named if name not in names] or [name for name in names if name not in given]
        raise TypeError(f"{kind.__name__} takes {', '.join(names)}; missing or unknown: {', '.join(wrong)}")
    self.__dict__.update(given)


def _repr(self: Any) -> str:
    parts = (f"{name}={getattr(self, name)!r}" for name in self._names)
    return f"{type(self).__qualname__}({', '.join(parts)})"


def _eq(self: Any, other: Any) -> bool:
    return bool(self.__dict__ == other.__dict__) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(tuple(getattr(self, name) for name in self._names))


def _refuse(self: Any, name: str, *_: Any) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot change {name!r}")
