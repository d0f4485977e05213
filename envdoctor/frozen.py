"""`@frozen`: a frozen dataclass whose methods are shared functions instead of code generated for each class.

It is a real dataclass (`dataclasses.replace`, `fields` and mypy treat it as one). The standard decorator with
frozen=True compiles six functions a class, 0.6 ms each time the program starts; a hundred classes made that half of
the time that a check took. This one costs a sixth of it.
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


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def frozen(kind: Type[T]) -> Type[T]:
    kind.__doc__ = kind.__doc__ or kind.__name__  # without one, dataclass() would work out a signature for it
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False)(kind)
    fields = dataclasses.fields(made)
    made._names = tuple(field.name for field in fields)
    made._every = frozenset(made._names)
    made._defaults = {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}
    made._makers = {field.name: field.default_factory for field in fields if callable(field.default_factory)}
    made.__init__, made.__repr__ = _init, _repr
    made.__eq__, made.__hash__ = _eq, _hash
    made.__setattr__ = made.__delattr__ = _refuse
    result: Type[T] = made
    return result


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
