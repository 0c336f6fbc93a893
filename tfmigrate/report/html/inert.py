"""Parts of the page that the browser keeps as text until they are wanted."""

from __future__ import annotations


class Inert:
    """What is kept is HTML without `</script` and `<!--`, as `<` in texts is always escaped."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def keep(self, html: str) -> str:
        """Returns the id under which it is found again."""
        self.parts.append(html)
        return f"x{len(self.parts) - 1}"

    def html(self) -> str:
        return "\n".join(
            f"<script type=text/plain id=x{number}>{part}</script>" for number, part in enumerate(self.parts)
        )
