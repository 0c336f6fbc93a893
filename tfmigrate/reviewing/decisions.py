"""What was decided so far, and how it lies on the disk: a review can stop at any time and go on later."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from tfmigrate.model import Cluster
from tfmigrate.reviewing.hunks import Edit
from tfmigrate.reviewing.proposals import Proposal

FILE_NAME = ".tfmigrate-review.json"
_VERSION = 1


class Answer(Enum):
    """OPEN: not decided, though some of the hunks may be."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Decision:
    """On one group. hunks: how many of its hunks were accepted in a row. source, change: what was looked at."""

    answer: Answer = Answer.OPEN
    hunks: int = 0
    edits: tuple[Edit, ...] = ()
    comment: str = ""
    source: str = ""
    change: str = ""


@dataclass
class Decisions:
    """root: the folder from which paths count, wherever the review goes on."""

    root: Path
    known: dict[str, Decision] = field(default_factory=dict)

    def on(self, proposal: Proposal) -> Decision:
        """What was decided, as far as it still holds: a no holds for the same code, a yes for the same change too."""
        decision = self.known.get(self.key(proposal.cluster), Decision())
        if decision.source != proposal.source:
            return Decision(comment=decision.comment)
        if decision.answer is not Answer.REJECTED and decision.change != proposal.change:
            return Decision(comment=decision.comment)
        return decision

    def outdated(self, proposal: Proposal) -> bool:
        """Whether something was decided and no longer holds."""
        return self.on_record(proposal.cluster) and self.on(proposal).answer is Answer.OPEN

    def set(self, proposal: Proposal, decision: Decision) -> None:
        self.known[self.key(proposal.cluster)] = replace(decision, source=proposal.source, change=proposal.change)

    def forget(self, proposals: Iterable[Proposal]) -> None:
        for proposal in proposals:
            self.known.pop(self.key(proposal.cluster), None)

    def on_record(self, cluster: Cluster) -> bool:
        """Whether anything was decided on a group, whether or not it still holds."""
        known = self.known.get(self.key(cluster))
        return known is not None and known.answer is not Answer.OPEN

    def key(self, cluster: Cluster) -> str:
        paths = dict.fromkeys(self._relative(Path(part.path)) for part in cluster.parts)
        return f"{cluster.name} in {', '.join(paths)}"

    def _relative(self, path: Path) -> str:
        return Path(os.path.relpath(path, self.root)).as_posix()

    # --- as text

    def render(self) -> str:
        decisions = {key: self._as_json(decision) for key, decision in sorted(self.known.items())}
        return json.dumps({"version": _VERSION, "decisions": decisions}, indent=2, ensure_ascii=False) + "\n"

    def _as_json(self, decision: Decision) -> dict[str, Any]:
        edits = [{**asdict(edit), "path": self._relative(edit.path)} for edit in decision.edits]
        return {**asdict(decision), "answer": decision.answer.value, "edits": edits}

    def read(self, text: str) -> None:
        """Raises ValueError if the text is something else."""
        try:
            document = json.loads(text)
            if document["version"] != _VERSION:
                raise ValueError(f"version {document['version']} is not known")
            self.known = {key: self._decision(row) for key, row in document["decisions"].items()}
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not the state of a review") from error

    def _decision(self, row: dict[str, Any]) -> Decision:
        edits = tuple(
            Edit(self.root / edit["path"], tuple(edit["proposed"]), tuple(edit["edited"])) for edit in row["edits"]
        )
        return Decision(**{**row, "answer": Answer(row["answer"]), "edits": edits})
