"""What a value is only in some runs, or nobody knows, names no scope: each of these programs must stay as it is."""

from __future__ import annotations

from textwrap import indent

import pytest

from tfmigrate.pipeline import migrate_text

PROGRAM = """\
import os

import tensorflow as tf

SIZE = int(os.environ.get("SIZE", "4"))
FLAG = bool(os.environ.get("FLAG"))


def net(x, size):
    with tf.variable_scope("net%s" % size, reuse=tf.AUTO_REUSE):
        return tf.layers.dense(x, 4, name="out")


def build():
    x = tf.placeholder(tf.float32, [None, 4])
"""

CASES = {
    "the_end_of_a_list_that_may_be_longer": """
sizes = [4]
if FLAG:
    sizes.append(8)
return {"y": net(x, 8), "z": net(x, sizes[-1:][0])}
""",
    "a_slice_of_a_list_that_may_be_reversed": """
sizes = [4, 8]
if FLAG:
    sizes.reverse()
return {"y": net(x, 4), "z": net(x, sizes[:1][0])}
""",
    "a_text_from_a_list_that_may_be_longer": """
parts = ["a"]
if FLAG:
    parts.append("b")
return {"y": net(x, "a_b"), "z": net(x, "_".join(parts))}
""",
    "a_tuple_of_a_list_that_may_be_longer": """
sizes = [4]
if FLAG:
    sizes.append(8)
return {"y": net(x, 8), "z": net(x, tuple(sizes)[-1])}
""",
    "a_display_with_a_list_that_may_be_longer": """
sizes = [4]
if FLAG:
    sizes.append(8)
return {"y": net(x, 3), "z": net(x, len((1, *sizes)))}
""",
    "how_many_an_unknown_loop_makes": """
sizes = tuple(int(s) for s in os.environ.get("SIZES", "1,2,3").split(","))
return {"y": net(x, 2), "z": net(x, len(sizes))}
""",
    "a_sum_with_a_list_that_may_be_reversed": """
sizes = [4, 8]
if FLAG:
    sizes.reverse()
a, b = sizes + []
return {"y": net(x, 4), "z": net(x, a)}
""",
    "the_order_of_what_is_not_known": """
small, large = sorted((SIZE, 8))
return {"y": net(x, 8), "z": net(x, large)}
""",
    "items_of_an_unknown_loop": """
a, b = [n for n in os.environ.get("NAMES", "u,v").split(",")]
return {"y": net(x, a), "z": net(x, b)}
""",
    "what_is_in_a_list_that_may_be_shorter": """
sizes = [4, 8]
if FLAG:
    sizes.pop()
return {"y": net(x, "u"), "z": net(x, "u" if 8 in sizes else "v")}
""",
    "a_keyword_that_may_be_missing": """
d = {"a": 8}
if FLAG:
    d["b"] = 4
def pick(a, b=3):
    return b
return {"y": net(x, 3), "z": net(x, pick(**d))}
""",
    "arguments_that_may_be_others": """
sizes = [8]
if FLAG:
    sizes.insert(0, 4)
def pick(a, b=3):
    return a
return {"y": net(x, 8), "z": net(x, pick(*sizes))}
""",
    "an_argument_that_may_be_missing": """
sizes = [8]
if FLAG:
    sizes.append(4)
def pick(a, b=3):
    return b
return {"y": net(x, 4), "z": net(x, pick(*sizes))}
""",
    "an_argument_behind_others_that_are_not_known": """
sizes = [int(s) for s in os.environ.get("SIZES", "1").split(",")]
def pick(a, b=0, c=0):
    return c
return {"y": net(x, 5), "z": net(x, pick(*sizes, 5))}
""",
    "what_is_in_a_dictionary_that_may_be_emptied": """
found = {os.environ.get("KIND", "wide"): 1}
if FLAG:
    found.clear()
return {"y": net(x, "v"), "z": net(x, "u" if "wide" in found else "v")}
""",
    "how_many_there_are_with_some_that_are_not_known": """
sizes = [1]
sizes += [int(s) for s in os.environ.get("SIZES", "1,2,3").split(",")]
return {"y": net(x, 3), "z": net(x, len(sizes))}
""",
    "what_a_list_is_extended_by": """
sizes = [4]
sizes.extend(os.environ.get("SIZES", "1").split(","))
a, b = sizes
return {"y": net(x, 4), "z": net(x, b)}
""",
    "what_one_of_two_functions_gives": """
def one():
    return ["p", "q"]
def two():
    return ["r", "s"]
names = one if FLAG else two
a, b = names()
return {"y": net(x, "p"), "z": net(x, a)}
""",
    "how_many_one_of_two_functions_gives": """
def one():
    return ["p", "q"]
def two():
    return ["r", "s"]
names = one if FLAG else two
return {"y": net(x, 4), "z": net(x, len(names()))}
""",
    "whether_there_are_more_arguments": """
def pick(*rest):
    return "u" if rest else "v"
return {"y": net(x, "v"), "z": net(x, pick(*os.environ.get("KIND", "").split()))}
""",
    "how_many_arguments_there_are": """
def pick(*rest):
    return len(rest)
sizes = [int(s) for s in os.environ.get("SIZES", "1,2,3").split(",")]
return {"y": net(x, 2), "z": net(x, pick(*sizes))}
""",
    "a_slice_of_what_a_loop_fills": """
sizes = []
for i in range(SIZE):
    sizes.append(i)
sizes.append(9)
return {"y": net(x, 9), "z": net(x, sizes[2:][0])}
""",
    "a_default_that_a_call_may_have_changed": """
def pick(seen=[]):
    seen.append(1)
    return len(seen)
if FLAG:
    pick()
return {"y": net(x, 1), "z": net(x, pick())}
""",
    "a_set_that_may_have_lost_an_item": """
kinds = {4, 8}
if FLAG:
    kinds.discard(8)
return {"y": net(x, "u"), "z": net(x, "u" if 8 in kinds else "v")}
""",
    "a_set_without_some": """
kinds = {4, 8}
kinds -= {8}
return {"y": net(x, "u"), "z": net(x, "u" if 8 in kinds else "v")}
""",
    "the_greatest_by_a_key": """
return {"y": net(x, 8), "z": net(x, max(4, 8, key=lambda v: -v))}
""",
    "a_number_with_another_base": """
return {"y": net(x, 10), "z": net(x, int("10", base=2))}
""",
    "a_list_in_a_dictionary": """
d = {"a": [4]}
if FLAG:
    d["a"].append(8)
return {"y": net(x, 1), "z": net(x, len(d["a"]))}
""",
    "what_is_taken_out_of_a_dictionary": """
d = {"a": 4}
if FLAG:
    d.pop("a")
return {"y": net(x, 4), "z": net(x, d.pop("a", 5))}
""",
    "a_list_with_a_condition_inside": """
sizes = [4] + ([8] if FLAG else [])
return {"y": net(x, 8), "z": net(x, sizes[-1])}
""",
    "items_that_a_condition_picks": """
sizes = [s for s in [4, 8] if s > SIZE]
return {"y": net(x, 8), "z": net(x, sizes[-1])}
""",
    "a_call_behind_and": """
sizes = [4]
FLAG and sizes.append(8)
return {"y": net(x, 2), "z": net(x, len(sizes))}
""",
    "an_attribute_set_behind_and": """
class Holder(object):
    def __init__(self):
        self.size = 4
    def set(self):
        self.size = 8
        return True
h = Holder()
FLAG and h.set()
return {"y": net(x, 8), "z": net(x, h.size)}
""",
    "a_list_of_an_object": """
class Holder(object):
    def __init__(self):
        self.sizes = [4]
h = Holder()
if FLAG:
    h.sizes.append(8)
return {"y": net(x, 1), "z": net(x, len(h.sizes))}
""",
    "a_list_that_a_return_may_leave_as_it_was": """
sizes = [4]
def grow():
    if FLAG:
        return
    sizes.append(8)
grow()
return {"y": net(x, 2), "z": net(x, len(sizes))}
""",
    "an_attribute_that_a_return_may_leave_as_it_was": """
class Holder(object):
    def __init__(self):
        self.size = 4
    def set(self):
        if FLAG:
            return
        self.size = 8
h = Holder()
h.set()
return {"y": net(x, 8), "z": net(x, h.size)}
""",
    "an_attribute_set_where_something_may_fail": """
class Holder(object):
    def __init__(self):
        self.size = 4
h = Holder()
try:
    int(os.environ["X"])
    h.size = 8
except KeyError:
    pass
return {"y": net(x, 8), "z": net(x, h.size)}
""",
    "an_attribute_set_in_rounds_that_may_not_come": """
class Holder(object):
    def __init__(self):
        self.size = 4
h = Holder()
while FLAG:
    h.size = 8
    break
return {"y": net(x, 8), "z": net(x, h.size)}
""",
    "a_name_that_a_handler_sets_too": """
try:
    size = int(os.environ["X"])
except KeyError:
    size = 4
return {"y": net(x, 4), "z": net(x, size)}
""",
    "a_name_set_behind_what_may_fail": """
size = 4
try:
    int(os.environ["X"])
    size = 8
except KeyError:
    pass
return {"y": net(x, 8), "z": net(x, size)}
""",
    "a_name_set_before_what_may_fail": """
try:
    size = 8
    int(os.environ["X"])
except KeyError:
    size = 4
return {"y": net(x, 8), "z": net(x, size)}
""",
    "a_name_for_an_attribute_that_may_be_missing": """
class Holder(object):
    pass
h = Holder()
if FLAG:
    h.size = 8
try:
    size = h.size
except AttributeError:
    size = 4
return {"y": net(x, 4), "z": net(x, size)}
""",
    "a_list_that_is_repeated": """
sizes = [4]
sizes *= SIZE
return {"y": net(x, 1), "z": net(x, len(sizes))}
""",
}


@pytest.mark.parametrize("statements", CASES.values(), ids=CASES)
def test_a_name_that_is_not_sure_stays(statements: str) -> None:
    migration = migrate_text("net.py", PROGRAM + indent(statements, "    "))
    assert [finding.code for finding in migration.findings] == ["TFM201"]
    assert not migration.changes


def test_the_same_program_migrates_where_all_is_known() -> None:
    known = 'sizes = [4]\nsizes.append(8)\nreturn {"y": net(x, 8), "z": net(x, sizes[-1:][0])}\n'
    migration = migrate_text("net.py", PROGRAM + indent(known, "    "))
    assert [group.scope for group in migration.groups] == ["net8"]
    assert migration.changes
