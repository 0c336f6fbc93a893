"""The losses of regularized variables, one by one, and what is known of their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tfmigrate.program.link import Module
from tfmigrate.walk.operate import text_contains
from tfmigrate.walk.regions import Path, Region, Variable, around
from tfmigrate.walk.values import Const, Named, Opaque

# what the text of a program has where losses may get into their collection on other ways
_MORE = ("add_to_collection", "get_collection_ref", "apply_regularization", "loss_collection")
# what it has where the names of operations may begin, or go on, in other ways than those of scopes
_NAMES = ("name_scope", "op_scope", "variable_op_scope")
# of the name of a loss, what the scope does not say: of a layer, which of its weights it is, by Keras' name
_WEIGHTS = ("kernel", "bias", "depthwise_kernel", "pointwise_kernel", "beta", "gamma", "embeddings")
_UNIQUE = re.compile(r"_?\d*")


@dataclass(eq=False)
class Loss(Opaque):
    """What the regularizer of a variable gave. variable: None where that is not known, or the loss may be another one.

    alone: whether names begin and go on as scopes say.
    """

    variable: Variable | None = None
    alone: bool = False
    is_tensor = True


@dataclass(eq=False)
class LossName(Named):
    """`generator/conv/kernel/Regularizer/l2_regularizer:0`.

    A layer has its loss named by the name scope that its scope opened, and each segment of that may get a number.
    """

    loss: Loss

    def holds(self, needle: str) -> bool | None:
        """Whether the name has a text in it; None if that is not known."""
        variable = self.loss.variable
        path = variable.path if variable is not None else None
        if variable is None or path is None or not re.fullmatch(r"[\w.\-]+", needle) or _UNIQUE.fullmatch(needle):
            return None
        if not variable.named_alone and (not self.loss.alone or any(map(_leaves, around(variable.region)))):
            return None
        answers = list(_answers(path if variable.named_alone else path[:-1], needle))
        if True in answers:
            return True
        # the number behind a segment would have to be the end of what is asked for
        if None in answers or re.search(r"_\d*$", needle) or not variable.loss_name:
            return None
        more = [*_WEIGHTS, str(path[-1])] if not variable.named_alone else []
        return None if any(needle in text for text in ("Regularizer", variable.loss_name, *more)) else False


def losses_of(variables: Iterable[Variable], modules: Iterable[Module]) -> list[Loss]:
    """The items of the collection, or one that stands for them where others may be among them."""
    texts = [module.text for module in modules]
    if any(word in text for text in texts for word in _MORE):
        return [Loss()]
    alone = not any(word in text for text in texts for word in _NAMES)
    return [Loss(variable, alone) for variable in variables]


def _answers(path: Path, needle: str) -> Iterator[bool | None]:
    for segment in path:
        yield needle in str(segment.value) if isinstance(segment, Const) else text_contains(segment, needle)


def _leaves(region: Region) -> bool:
    """Whether the names of operations in a region may begin elsewhere than those of its variables."""
    return region.by_object or region.by_library or region.template is not None
