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
        """The classes of the program in the order of lookup; depth first, each once, where Python would raise."""
        bases = [base.cls for base in self.bases.get(cls, []) if isinstance(base, ClassValue)]
        order, waiting = [cls], [*(self.mro(base) for base in bases), bases]
        while any(waiting):
            waiting = [list(each) for each in waiting if each]
            heads = (each[0] for each in waiting)
            following = next((head for head in heads if not any(head in each[1:] for each in waiting)), None)
            chosen = waiting[0][0] if following is None else following
            order.append(chosen)
            waiting = [[other for other in each if other is not chosen] for each in waiting]
        return order

    def has_foreign_base(self, cls: Class) -> bool:
        """Whether some base class is not `object` and not of the program."""
        return self.outside_base(cls) is not None

    def outside_base(self, cls: Class) -> str | None:
        """The name of the first such base; "base" if nothing says what it is."""
        for owner in self.mro(cls):
            for base in self.bases.get(owner, []):
                if not isinstance(base, ClassValue) and base != Library("builtins.object"):
                    return base.name if isinstance(base, Library) else "base"
        return None
