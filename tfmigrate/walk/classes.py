"""The classes of a program as far as it ran: their bases, and what is found along them."""

from __future__ import annotations

from dataclasses import dataclass, field

from tfmigrate.program.link import Class
from tfmigrate.walk.values import ClassValue, Library, Value


@dataclass(eq=False, slots=True)
class Classes:
    """What ran of them. bases: what the bases of a class are; names: what its body left behind."""

    bases: dict[Class, list[Value]] = field(default_factory=dict)
    names: dict[Class, dict[str, Value]] = field(default_factory=dict)

    def clear(self) -> None:
        """The program starts afresh."""
        self.bases.clear()
        self.names.clear()

    def find(self, cls: Class, name: str) -> Value | None:
        """A method or class variable, looked up along the bases that the program defines."""
        for owner in self.mro(cls):
            value = self.names.get(owner, {}).get(name)
            if value is not None:
                return value
        return None

    def mro(self, cls: Class) -> list[Class]:
        """The classes of the program in the order of lookup (depth first, each once)."""
        order = [cls]
        for base in self.bases.get(cls, []):
            if isinstance(base, ClassValue):
                order.extend(c for c in self.mro(base.cls) if c not in order)
        return order

    def has_foreign_base(self, cls: Class) -> bool:
        """Whether some base class is not `object` and not of the program."""
        for owner in self.mro(cls):
            for base in self.bases.get(owner, []):
                if not isinstance(base, ClassValue) and base != Library("builtins.object"):
                    return True
        return False
