"""What `tf.make_template` hands out: a function with a scope of its own, which its first call names and opens."""

from __future__ import annotations

import ast

from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.journal import depth_of
from tfmigrate.walk.objects import OpenScope, Template
from tfmigrate.walk.regions import Region
from tfmigrate.walk.scoping import Scopes
from tfmigrate.walk.values import UNKNOWN, Const, FunctionValue, LambdaValue, Value, is_tensor

_OPTIONS = ("create_scope_now_", "unique_name_", "custom_getter_", "create_graph_function_")
_CALLED = "name_", "func_"


class Templates(Scopes):
    """Templates, and what runs in them."""

    def __init__(self) -> None:
        super().__init__()
        self.templates: list[Template] = []
        self._running: list[tuple[Template, Region | None]] = []

    def _template(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        name, called = (args.get(i, param) for i, param in enumerate(_CALLED))
        if name is None or not isinstance(called, (FunctionValue, LambdaValue)):
            self.blame("TFM505", node, ev, "the function of this template cannot be followed")
            return UNKNOWN
        ahead = {key: pair for key, pair in args.keywords.items() if key not in (*_OPTIONS, *_CALLED)}
        template = Template(name, called, Arguments(keywords=ahead), node, ev.frame.module, self.region)
        self.templates.append(template)
        if len(args.positional) > len(_CALLED) or any(key in args.keywords for key in _OPTIONS) or args.star:
            self.stays(ev, template, node, "make_template is told more than a name, a function and its arguments")
        elif depth_of(ev.frame, "loops") or depth_of(ev.frame, "conditions"):
            self.stays(ev, template, node, "this template is made in a loop or under a condition")
        elif any(is_tensor(value) for value, _ in ahead.values()):
            self.stays(ev, template, node, "this template is given a tensor, and a layer takes it at the call")
        return template

    def stays(self, ev: Evaluator, template: Template, node: ast.AST, text: str) -> None:
        """What runs in a template stays as it is."""
        finding = self.blame("TFM505", node, ev, text)
        template.findings.append(finding)

    def _call_template(self, ev: Evaluator, template: Template, args: Arguments, node: ast.Call) -> Value:
        template.calls[node] = ev.frame.module
        opened = OpenScope((), False, node, ev.frame.module, [])
        if template.scope is None:
            known = len(self.blames)
            opened.name = self._unique(ev, template.name, node, loops=self.scope.depth[0])
            template.findings += [finding for finding, _ in self.blames[known:]]
            if any(not isinstance(segment, Const) for segment in self.scope.path):
                self.stays(ev, template, node, "this template is first called in a scope without a fixed name")
        else:
            opened.reentered, opened.reuse = template.scope, True
        scope = self._open(ev, opened)
        if template.scope is None:
            template.scope, template.graph = scope, self.graph
        self._running.append((template, self.region))
        arguments = args.behind(template.args)
        if isinstance(template.called, FunctionValue):
            result = ev.call_function(template.called, arguments, node)
        else:
            result = ev.call_lambda(template.called, arguments)
        self._running.pop()
        self._close()
        return result

    def _template_of(self, parent: Region | None) -> Template | None:
        """The template that runs the function which a region calls."""
        template, region = self._running[-1] if self._running else (None, None)
        return template if template is not None and parent is region else None
