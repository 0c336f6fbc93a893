"""Which clusters are tried, refuted and kept, with verdicts made up by hand."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tfmigrate.model import Cluster, Part
from tfmigrate.refuting import Clusters, UndecidedError, reached, settle, suspected
from tfmigrate.verify import Difference, SideOfVariable, Status, VariableRow, Verdict


def cluster(name: str, line: int, *variables: str) -> Cluster:
    return Cluster(name, (Part("src/net.py", line, line + 9),), frozenset(variables))


A, B, C, D = (cluster(name, 10 * n + 1, f"{name}/w", f"{name}/h{{i}}/w") for n, name in enumerate("abcd"))
ALL = frozenset({A, B, C, D})


def row(key: str, *readers: str) -> VariableRow:
    side = SideOfVariable(key, (2,), "float32", True, readers)
    return VariableRow(key, side, side)


ROWS = tuple(row(f"{name}/w") for name in "abcd")


class Checker:
    """Says that the two sides differ while one of the guilty is migrated; remembers what it was asked."""

    def __init__(self, guilty: Iterable[Cluster], named: bool = True, undecided: Clusters | None = None) -> None:
        self.guilty = list(guilty)
        self.named = named
        self.undecided = undecided
        self.asked: list[str] = []

    def __call__(self, clusters: Clusters) -> Verdict | None:
        self.asked.append("".join(sorted(c.name for c in clusters)))
        if not clusters:
            return None
        if clusters == self.undecided:
            return Verdict(Status.COULD_NOT_TELL, "it hangs", variables=ROWS)
        wrong = next((c for c in self.guilty if c in clusters), None)
        if wrong is None:
            return Verdict(Status.EQUIVALENT, "same", variables=ROWS)
        name = f"{wrong.name}/w" if self.named else ""
        detail = f"{name} is [2] before and [3] after" if self.named else "the losses differ"
        first = Difference("shape" if self.named else "regularisation", name, detail)
        return Verdict(Status.DIFFERENT, str(first), differences=(first,), variables=ROWS)


def test_what_is_equivalent_is_kept_after_one_check() -> None:
    checker = Checker([])
    outcome = settle(ALL, checker)
    assert (outcome.kept, outcome.refuted, outcome.findings()) == (ALL, {}, [])
    assert checker.asked == ["abcd"]


def test_the_one_that_the_difference_names_is_refuted_after_two() -> None:
    checker = Checker([C])
    outcome = settle(ALL, checker)
    assert outcome.kept == {A, B, D}
    assert checker.asked == ["abcd", "abd"]
    [(refuted, finding)] = outcome.findings()
    assert refuted is C
    assert (finding.path, finding.line, finding.code) == ("src/net.py", 21, "TFM904")
    assert finding.message == "migrated, c does something else: shape: c/w is [2] before and [3] after"


def test_where_nothing_is_named_halves_are_tried() -> None:
    checker = Checker([B], named=False)
    outcome = settle(ALL, checker)
    assert outcome.kept == {A, C, D}
    assert list(outcome.refuted) == [B]
    assert outcome.verdict is not None
    assert outcome.verdict.status is Status.EQUIVALENT


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("guilty", [(A, B), (A, D), (B, C, D), (A, B, C, D)])
def test_several_are_found(guilty: tuple[Cluster, ...], named: bool) -> None:
    checker = Checker(guilty, named)
    outcome = settle(ALL, checker)
    assert outcome.kept == ALL - set(guilty)
    assert set(outcome.refuted) == set(guilty)
    assert len(checker.asked) == len(set(checker.asked)), "a verdict is asked for once"


@pytest.mark.parametrize("undecided", [ALL, frozenset({A, B, D})])
def test_one_answer_that_cannot_be_told_decides_nothing(undecided: Clusters) -> None:
    with pytest.raises(UndecidedError, match="it hangs"):
        settle(ALL, Checker([C], undecided=undecided))


def test_what_the_check_did_not_run_is_not_kept() -> None:
    other = cluster("e", 50, "e/w")
    outcome = settle(ALL | {other}, Checker([]))
    assert outcome.kept == ALL
    assert outcome.unreached == {other}
    [(_, finding)] = outcome.findings()
    assert (finding.line, finding.code, finding.message) == (50, "TFM905", "the check ran nothing of e")


def test_a_difference_that_belongs_to_no_cluster_decides_nothing() -> None:
    def judge(_: Clusters) -> Verdict:
        return Verdict(Status.DIFFERENT, "a saver", differences=(Difference("saver", "", "other names"),))

    for clusters in (frozenset[Cluster](), ALL):
        with pytest.raises(UndecidedError, match="a saver"):
            settle(clusters, judge)


def test_a_variable_belongs_to_who_makes_it() -> None:
    assert reached(ALL, [row("b/w")]) == {B}
    assert reached(ALL, [row("b/w/Adam")]) == {B}
    assert reached(ALL, [row("b/h12/w")]) == {B}
    assert reached(ALL, [row("other/w")]) == frozenset()


def test_where_two_have_the_name_it_belongs_to_the_one_that_reads_it() -> None:
    other = cluster("again", 71, "b/w")
    assert reached(frozenset({B, other}), [row("b/w", "net.py:75")]) == {other}
    assert reached(frozenset({B, other}), [row("b/w", "elsewhere.py:75")]) == {B, other}
    assert reached(frozenset({B, other}), [row("unknown", "net.py:12")]) == {B}


@pytest.mark.parametrize(
    "difference",
    [
        Difference(
            "outputs", "false/y", "y differs by 1; the first layer that diverges is b/w (before net.py:1), by 1"
        ),
        Difference("gradients", "y/b/w", "the gradient of y by b/w differs"),
        Difference("training", "train/1/step/b/w", "b/w after step differs"),
        Difference("sharing", "y", "after, the output y no longer depends on b/w"),
    ],
)
def test_what_a_difference_points_to(difference: Difference) -> None:
    verdict = Verdict(Status.DIFFERENT, "", differences=(difference,), variables=ROWS)
    assert suspected(ALL, verdict) == {B}
