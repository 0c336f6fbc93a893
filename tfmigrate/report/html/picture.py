"""A sharing group as two pictures: the scopes and who opens them before, the layers and who holds them after.

bigtree places the tree so that no lines cross; it grows to the right, from those who call to the variables.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

from bigtree import Node
from bigtree.utils.plot import reingold_tilford

from tfmigrate.model import Place, SharingGroup, State

_ROW, _HIGH, _GAP, _LETTER, _SIDE, _TRUNK = 27, 21, 26, 6.65, 8, 16
# a tree with more leaves is drawn to the depth of the first layers only, each with the number of its variables
_LEAVES = 24
_LABEL = 30
_VARIABLES = 30


@dataclass
class _Branch:
    """A scope or layer: what is written on it, the variables it has of its own, and what is in it."""

    label: str
    kind: str
    own: list[str] = field(default_factory=list)
    inside: dict[str, _Branch] = field(default_factory=dict)

    def leaves(self) -> int:
        return sum(branch.leaves() for branch in self.inside.values()) or 1

    def count(self) -> int:
        return len(self.own) + sum(branch.count() for branch in self.inside.values())


@dataclass(frozen=True)
class _Box:
    label: str
    variables: str
    kind: str
    x: float
    y: float
    wide: float

    def right(self) -> str:
        return f"{self.x + self.wide:.0f} {self.y:.0f}"

    def left(self) -> str:
        return f"{self.x:.0f} {self.y:.0f}"


def before(group: SharingGroup) -> str:
    """Each call opens the scope again, by its name."""
    tree = _tree(group.scope, [variable.name for variable in group.variables], "scope")
    callers = [(f"{place} {verb}", "call") for place, verb in _merged([group.creates], "makes", "make")]
    callers += [(f"{place} {verb}", "call") for place, verb in _merged(group.reuses, "shares", "share")]
    told = f"Before: the scope {group.scope}, made at {group.creates}"
    told += f", shared at {', '.join(map(str, group.reuses))}" if group.reuses else ", shared by nobody"
    return _svg(tree, callers, told)


def after(group: SharingGroup, paths: dict[str, str]) -> str | None:
    """One owner holds the instance, and the calls are calls of it. paths: from TF1 names to Keras paths."""
    if group.state is not State.MIGRATED:
        return None
    names = [paths.get(variable.name, variable.name) for variable in group.variables]
    tree = _tree(group.scope, names, "layer", group.layer)
    callers = [(f"{group.owner} holds it", "owner")]
    calls = _merged([group.creates, *group.reuses], "calls", "call")
    callers += [(f"{place} {verb} it", "call") for place, verb in calls]
    told = f"After: an instance of {group.layer}, held by {group.owner}, with the variables {', '.join(names)}"
    return _svg(tree, callers, told)


def _merged(places: Iterable[Place], one: str, several: str) -> list[tuple[str, str]]:
    """`model.py:3, 4` with its verb: a line for each file."""
    lines: dict[str, set[int]] = {}
    for place in places:
        lines.setdefault(place.path.rpartition("/")[2], set()).add(place.line)
    return [(f"{path}:{_listed(sorted(f))}", one if len(f) == 1 else several) for path, f in lines.items()]


def _listed(lines: list[int]) -> str:
    shown = ", ".join(map(str, lines[:4]))
    return f"{shown} and {len(lines) - 4} more" if len(lines) > 4 else shown


def _tree(scope: str, names: Sequence[str], kind: str, layer: str = "") -> _Branch:
    """The group's own scope is the root; variables outside of it (shared from elsewhere) hang there too."""
    title = f"{scope.rpartition('/')[2]}: {layer}" if layer else scope
    root = _Branch(title or "(no scope)", kind)
    for name in names:
        at = root
        *above, last = name.removeprefix(scope + "/").split("/")
        for part in above:
            at = at.inside.setdefault(part, _Branch(part, kind))
        if last not in at.own:
            at.own.append(last)
    if root.leaves() > _LEAVES:
        for branch in root.inside.values():
            if branch.inside:
                branch.own, branch.inside = [_counted(branch.count())], {}
        for name in list(root.inside)[_LEAVES:]:
            root.inside.setdefault("", _Branch("more", "more")).inside[name] = root.inside.pop(name)
        if "" in root.inside:
            rest = root.inside[""]
            root.inside[""] = _Branch(f"{len(rest.inside)} more", "more", [_counted(rest.count())])
    return root


def _counted(number: int) -> str:
    return f"{number} variable{'' if number == 1 else 's'}"


def _svg(tree: _Branch, callers: list[tuple[str, str]], told: str) -> str:
    """The callers stand above the root, in its column, and hang on one line with it."""
    boxes, lines = _placed(tree, max((_wide(_cut(label), "") for label, _ in callers), default=0))
    root = boxes[0]
    drawn = "".join(_line(*pair) for pair in lines)
    for number, (label, kind) in enumerate(callers):
        box = _Box(_cut(label), "", kind, _TRUNK, root.y - (len(callers) - number) * _ROW - 6, _wide(_cut(label), ""))
        boxes.append(box)
        drawn += f'<path class="from-{kind}" d="M{box.left()}H4V{root.y:.0f}H{_TRUNK}"/>'
    drawn += f'<path class="head" d="M{_TRUNK - 6} {root.y - 4:.0f}l6 4l-6 4z"/>'
    top = min(box.y for box in boxes) - _ROW / 2
    high = max(box.y for box in boxes) + _ROW / 2 - top
    wide = max(box.x + box.wide for box in boxes) + 2
    return (
        f'<svg role="img" viewBox="0 {top:.0f} {wide:.0f} {high:.0f}" width="{wide:.0f}" '
        f'style="min-width:{wide * 0.75:.0f}px" aria-label="{escape(told)}">{drawn}{"".join(map(_drawn, boxes))}</svg>'
    )


def _placed(tree: _Branch, least: float) -> tuple[list[_Box], list[tuple[_Box, _Box]]]:
    """The boxes, the root first, and the lines between them. least: how wide the root's column is."""
    branches: list[_Branch] = []

    def grow(branch: _Branch, parent: Node | None) -> Node:
        node = Node(str(len(branches)), parent=parent)
        branches.append(branch)
        own = [_Branch("", "variable", branch.own)] if branch.own and branch.inside else []
        for inner in [*own, *branch.inside.values()]:
            grow(inner, node)
        return node

    top = grow(tree, None)
    reingold_tilford(top, sibling_separation=1, subtree_separation=1)
    nodes = [top, *top.descendants]
    written = {node: _written(branches[int(node.name)]) for node in nodes}
    starts, x = {}, float(_TRUNK)
    for depth in sorted({node.depth for node in nodes}):
        starts[depth] = x
        x += max(least, *(_wide(*written[node]) for node in nodes if node.depth == depth)) + _GAP
        least = 0
    found = {
        node: _Box(
            *written[node], branches[int(node.name)].kind, starts[node.depth], node.get_attr("x") * _ROW,
            _wide(*written[node]),
        )
        for node in nodes
    }  # fmt: skip
    return list(found.values()), [(found[node.parent], found[node]) for node in nodes if node.parent is not None]


def _written(branch: _Branch) -> tuple[str, str]:
    """What a box says: its name and, where nothing else hangs on it, its variables."""
    return _cut(branch.label), "" if branch.inside else _cut(", ".join(branch.own), _VARIABLES)


def _wide(label: str, variables: str) -> float:
    return (len(label) + len(variables) + (1 if label and variables else 0)) * _LETTER + 2 * _SIDE


def _cut(label: str, most: int = _LABEL) -> str:
    return label if len(label) <= most else label[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _line(one: _Box, other: _Box) -> str:
    start = one.x + one.wide
    middle = (start + other.x) / 2 if other.x - start < 3 * _GAP else other.x - 1.5 * _GAP
    curve = f"M{one.right()}C{middle:.0f} {one.y:.0f} {middle:.0f} {other.y:.0f} {other.left()}"
    return f'<path d="{curve}"/>'


def _drawn(box: _Box) -> str:
    variables = f'<tspan class="own">{" " if box.label else ""}{escape(box.variables)}</tspan>' if box.variables else ""
    return (
        f'<g class="{box.kind}"><rect x="{box.x:.0f}" y="{box.y - _HIGH / 2:.1f}" width="{box.wide:.0f}" '
        f'height="{_HIGH}" rx="4"/><text x="{box.x + _SIDE:.0f}" y="{box.y + 4:.0f}" xml:space="preserve">'
        f"{escape(box.label)}{variables}</text></g>"
    )
