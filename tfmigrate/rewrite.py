"""Rewrites one file: one traversal of the untouched tree, each planned site handed to its transform."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import TypeGuard

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from tfmigrate.edit import close_gaps, without_leading_blank
from tfmigrate.nesting import level, merged
from tfmigrate.sites import FILE, Before, Site, Span
from tfmigrate.transform import Context, Result, Transform

# Sites of statements are found by where the statement starts, those of expressions by their whole extent.
_STATEMENTS = (cst.SimpleStatementLine, cst.BaseCompoundStatement)
# what holds statements that have no line of their own
_Several = cst.SimpleStatementLine | cst.SimpleStatementSuite
_SEVERAL = (cst.SimpleStatementLine, cst.SimpleStatementSuite)
# what concerns symbols of TensorFlow, not layers
_OF_SYMBOLS = ("symbols", "dimensions")


class UnreadableError(Exception):
    """LibCST cannot read what Python can: a form feed in an indentation, say."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(line, message)
        self.line = line
        self.message = message


def rewrite(text: str, sites: Sequence[Site], transforms: Sequence[Transform], indent: str) -> str:
    """The text with all sites carried out. Raises UnreadableError."""
    try:
        module = cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise UnreadableError(error.raw_line, error.message.splitlines()[-1]) from None
    # it loses a line that is nothing but a backslash, and an empty one at the end with a tab in it
    if module.code != text:
        ending = text[text.find("\n", len(text.rstrip())) + 1 :] if text.endswith("\n") else ""
        if ending:
            return rewrite(text.removesuffix(ending), sites, transforms, indent) + ending
        lines = zip(text.split("\n"), module.code.split("\n"))
        line = next((number for number, (old, new) in enumerate(lines, 1) if old != new), 1)
        raise UnreadableError(line, "what it reads is not all of what is there")
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    visitor = _Rewriter(wrapper, sites, transforms, indent)
    return wrapper.module.visit(visitor).code


class _Rewriter(cst.CSTTransformer):
    def __init__(
        self, wrapper: MetadataWrapper, sites: Sequence[Site], transforms: Sequence[Transform], indent: str
    ) -> None:
        super().__init__()
        located = any(site.span != FILE for site in sites)
        self.positions: Mapping[cst.CSTNode, CodeRange] = wrapper.resolve(PositionProvider) if located else {}
        self.transforms = {transform.name: transform for transform in transforms}
        self.order = {transform.name: i for i, transform in enumerate(transforms)}
        self.sites: dict[Span, list[Site]] = {}
        for site in sites:
            known = self.sites.setdefault(site.span, [])
            if site not in known:
                known.append(site)
        self.wrapper = wrapper
        self.module = wrapper.module
        self.starts = {where[:2] for where in self.sites}
        self.context = Context(wrapper.module.config_for_parsing, indent, self._rewrite_body, self._as_it_was)
        self.wanted = self._needed_bodies(sites)
        self.starts |= {where[:2] for where in self.wanted}
        self.lines = sorted({start[0] for start in self.starts})
        self.bodies: dict[Span, cst.FunctionDef | cst.With] = {}
        for node in self.positions:
            if isinstance(node, cst.With):
                self.bodies.update((self._level_span(node, place), node) for place in range(len(node.items)))
            elif isinstance(node, cst.FunctionDef):
                self.bodies[self.span(node)] = node

    @staticmethod
    def _needed_bodies(sites: Sequence[Site]) -> set[Span]:
        spans: set[Span] = set()
        for site in sites:
            layer = getattr(site.action, "layer", site.action)
            call = getattr(layer, "call", None)
            for method in (*getattr(layer, "methods", ()), *([call] if call is not None else [])):
                if hasattr(method, "span"):
                    spans.add(method.span)
        return spans

    def _rewrite_body(self, where: Span) -> cst.CSTNode:
        """A method may come from further down in the file, where the traversal has not been yet."""
        original = self.bodies[where]
        updated = original._visit_and_replace_children(self)
        if not _has_levels(original) or not isinstance(updated, cst.With):
            return updated
        self._leave_levels(original, updated, where)
        return self.context.updated[where]

    def _as_it_was(self, where: Span) -> cst.CSTNode:
        """Symbols have new names there too, where these are not written together with what is rewritten."""
        sites = [site for known in self.sites.values() for site in known]
        others = [site.span for site in sites if site.transform not in _OF_SYMBOLS]
        follow = [s for s in sites if s.transform in _OF_SYMBOLS and not any(_is_inside(o, s.span) for o in others)]
        visitor = _Rewriter(self.wrapper, follow, list(self.transforms.values()), self.context.indent)
        return self.bodies[where]._visit_and_replace_children(visitor)

    def span(self, node: cst.CSTNode) -> Span:
        where = self.positions[node]
        return (where.start.line, where.start.column, where.end.line, where.end.column)

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Only statements with a site in them are opened: to go through a tree is to build it anew."""
        if not isinstance(node, _STATEMENTS):
            return True
        where = self.positions.get(node)
        if where is None:
            return False
        first, last = where.start.line, where.end.line
        decorators = node.decorators if isinstance(node, (cst.FunctionDef, cst.ClassDef)) else ()
        if decorators:
            first = self.positions[decorators[0]].start.line
        place = bisect_left(self.lines, first)
        return place < len(self.lines) and self.lines[place] <= last

    def on_leave(self, original: cst.CSTNode, updated: cst.CSTNode) -> Result:  # type: ignore[override]
        if isinstance(updated, (cst.IndentedBlock, cst.Module)):
            updated = self._close(updated)
        if isinstance(original, cst.Module):
            return self._file_level(updated)
        if isinstance(original, _SEVERAL) and isinstance(updated, _SEVERAL) and self._must_part(original):
            return self._on_lines_of_their_own(original, updated)
        if _has_levels(original) and isinstance(updated, cst.With) and original in self.positions:
            return self._with_waiting(self.span(original), self._leave_levels(original, updated))
        if not self._may_concern(original):
            return updated
        if isinstance(original, (cst.FunctionDef, cst.With)) and self.span(original) in self.wanted:
            self.context.updated[self.span(original)] = updated
        result: Result = updated
        for site in self.sites_at(original):
            result = self._apply(site, result)
        return self._with_waiting(self.span(original), result) if isinstance(original, _STATEMENTS) else result

    def _level_span(self, node: cst.With, place: int) -> Span:
        """Where one of the items of a `with` begins a statement of its own."""
        return self.span(node) if place == 0 else (*self.span(node.items[place].item)[:2], *self.span(node)[2:])

    def _leave_levels(self, original: cst.With, updated: cst.With, until: Span | None = None) -> Result:
        """From the last item outwards, each with what stands at it. until: the level that is asked for as it is."""
        spans = [self._level_span(original, place) for place in range(len(original.items))]
        if until is None and not any(where in self.sites or where in self.wanted for where in spans):
            return updated
        body: cst.BaseSuite = updated.body
        result: Result = updated
        for place, where in reversed([*enumerate(spans)]):
            node = level(updated, place, body)
            if where == until or where in self.wanted:
                self.context.updated[where] = node
            if where == until:
                break
            result = node
            for site in self._at(where, node, True):
                result = self._apply(site, result)
            if body is not updated.body:
                result = merged(result, body, updated)
            if place:
                body = self._suite(self._with_waiting(where, result))
        return result

    def _suite(self, result: Result) -> cst.IndentedBlock:
        nodes = [*result.nodes] if isinstance(result, cst.FlattenSentinel) else [result]
        lines = [node for node in nodes if isinstance(node, cst.BaseStatement)]
        return cst.IndentedBlock(close_gaps(lines) or self.context.statements(["pass"]))

    def _must_part(self, line: _Several) -> bool:
        if line not in self.positions:
            return False
        if isinstance(line, cst.SimpleStatementLine) and self.span(line) == self.span(line.body[0]):
            return False
        return any(self.statement_sites(small) for small in line.body)

    def _on_lines_of_their_own(self, original: _Several, updated: _Several) -> Result:
        """A statement with a site that shares its line with others, or with the head of its block, leaves the line."""
        lines: list[cst.BaseStatement] = []
        for before, small in zip(original.body, updated.body):
            line = cst.SimpleStatementLine([small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])
            if isinstance(updated, cst.SimpleStatementLine):
                line = line if lines else line.with_changes(leading_lines=updated.leading_lines)
                last = small is updated.body[-1]
                line = line.with_changes(trailing_whitespace=updated.trailing_whitespace) if last else line
            result: Result = line
            for site in self.statement_sites(before):
                result = self._apply(site, result)
            made = result.nodes if isinstance(result, cst.FlattenSentinel) else [result]
            lines += [node for node in made if isinstance(node, cst.BaseStatement)]
        if isinstance(updated, cst.SimpleStatementLine):
            return self._with_waiting(self.span(original), cst.FlattenSentinel(lines))
        return self._close(cst.IndentedBlock(lines, header=updated.trailing_whitespace))

    def _may_concern(self, node: cst.CSTNode) -> bool:
        where = self.positions.get(node)
        if where is None:
            return False
        start = (where.start.line, where.start.column)
        return start in self.starts or any(start == span[:2] for span in self.context.waiting)

    def _apply(self, site: Site, result: Result) -> Result:
        """What came in front of a statement stays in front; the next transform gets the statement itself."""
        front: list[cst.CSTNode] = []
        if isinstance(result, cst.FlattenSentinel) and isinstance(site.action, Before):
            rest = list(result.nodes)
            touching = rest.pop() if site.action.behind else rest.pop(0)
            made = self.transforms[site.transform].rewrite(site.action, touching, self.context)
            assert isinstance(made, cst.FlattenSentinel)
            return cst.FlattenSentinel([*rest, *made.nodes] if site.action.behind else [*made.nodes, *rest])
        if isinstance(result, cst.FlattenSentinel):
            *front, result = result.nodes
        if not isinstance(result, cst.CSTNode):
            return result
        changed = self.transforms[site.transform].rewrite(site.action, result, self.context)
        if not front or isinstance(changed, cst.RemovalSentinel):
            return changed
        rest = list(changed.nodes) if isinstance(changed, cst.FlattenSentinel) else [changed]
        return cst.FlattenSentinel([*front, *rest])

    def sites_at(self, node: cst.CSTNode) -> list[Site]:
        """The sites that this node carries, in the order of the transforms."""
        if isinstance(
            node,
            (cst.Expr, cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Return, cst.Arg, cst.IndentedBlock, cst.WithItem),
        ):
            return []
        return self._fitting(node, isinstance(node, _STATEMENTS))

    def statement_sites(self, small: cst.BaseSmallStatement) -> list[Site]:
        """The sites of a statement that may share its line with others."""
        return self._fitting(small, True)

    def _fitting(self, node: cst.CSTNode, statement: bool) -> list[Site]:
        return self._at(self.span(node), node, statement)

    def _at(self, where: Span, node: cst.CSTNode, statement: bool) -> list[Site]:
        fitting = [site for site in self.sites.get(where, []) if _fits(site, node, statement)]
        return sorted(fitting, key=lambda site: (isinstance(site.action, Before), self.order[site.transform]))

    def _with_waiting(self, where: Span, result: Result) -> Result:
        if where not in self.context.waiting:
            return result
        classes = self.context.waiting.pop(where)
        rest = list(result.nodes) if isinstance(result, cst.FlattenSentinel) else [result]
        return cst.FlattenSentinel([*classes, *rest])

    def _close(self, block: cst.IndentedBlock | cst.Module) -> cst.IndentedBlock | cst.Module:
        body = close_gaps(block.body)
        if len(body) == len(block.body):
            return block
        if isinstance(block, cst.IndentedBlock):
            body = without_leading_blank(body) if body and body[0] is not block.body[0] else body
            body = body or self.context.statements(["pass"])
        return block.with_changes(body=body)

    def _file_level(self, module: cst.CSTNode) -> cst.CSTNode:
        for site in sorted(self.sites.get(FILE, []), key=lambda s: self.order[s.transform]):
            result = self.transforms[site.transform].rewrite(site.action, module, self.context)
            assert isinstance(result, cst.CSTNode)
            module = result
        return module


def _has_levels(node: cst.CSTNode) -> TypeGuard[cst.With]:
    return isinstance(node, cst.With) and len(node.items) > 1


def _is_inside(inner: Span, outer: Span) -> bool:
    return outer[:2] <= inner[:2] and inner[2:] <= outer[2:]


def _fits(site: Site, node: cst.CSTNode, statement: bool) -> bool:
    kind = type(site.action).__name__
    if kind in (
        "Remove",
        "Before",
        "Unwrap",
        "NameScope",
        "CountRounds",
        "Unnamed",
        "KeepElse",
        "RestUnder",
        "GatherRest",
        "Extend",
        "LayerClass",
        "Moved",
        "TakeLayer",
        "BlockCall",
        "Lifted",
        "MovedOut",
        "CallableLayer",
    ):
        return statement
    if kind in ("Invoke", "HandLayer", "SetArgument", "GiveArguments"):
        return isinstance(node, cst.Call)
    return isinstance(node, cst.BaseExpression)
