"""The page as text: what stands beside what, what is marked, that it is whole and safe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfmigrate.cli import main
from tfmigrate.finding import Finding
from tfmigrate.model import Cluster, FileChange, Migration, Part, Place, SharingGroup, State, Variable
from tfmigrate.report import as_json
from tfmigrate.report.html import beside, colours, page, picture
from tfmigrate.verify.verdict import SideOfVariable, Status, VariableRow, Verdict

from . import small_program

ASSETS = Path(page.__file__).with_name("assets")


# --- side by side

_TEXTS = st.lists(st.sampled_from(["", "a = 1", "a = 2", "b(a, c)", "b(a, d)", "    return b"]), max_size=12)


@settings(max_examples=80, deadline=None)
@given(_TEXTS, _TEXTS)
def test_each_line_has_its_row_and_keeps_its_order(before: list[str], after: list[str]) -> None:
    rows = beside.rows(before, after)
    assert [row.before for row in rows if row.before is not None] == list(range(len(before)))
    assert [row.after for row in rows if row.after is not None] == list(range(len(after)))
    for row in rows:
        if row.same:
            assert row.before is not None and row.after is not None
            assert before[row.before] == after[row.after]


def test_a_line_stands_beside_its_new_version() -> None:
    before = ["h = conv2d(x, 64, name='h0')", "return h"]
    after = ["self.made = True", "h = self.h0(x, 64)", "other()", "return h + 1"]
    pairs = [(row.before, row.after) for row in beside.rows(before, after) if row.pair]
    assert pairs == [(0, 1), (1, 3)]


def test_only_the_words_that_differ_are_marked() -> None:
    one, other = "d = net(x, reuse=True)", "d = net(x)"
    old, new = beside.words(one, other)
    assert [one[first:last] for first, last in old] == [", reuse=True"]
    assert new == ()
    assert colours.html(colours.Line((("", one),)), old) == "d = net(x<mark>, reuse=True</mark>)"


# --- colours


@pytest.mark.parametrize("text", ["", "\n", "x = '''a\nb'''  # c\n", "def f(:\n\t@\x0c\u2028é", 'a\n\n"', "\n\n x\n\n"])
@pytest.mark.parametrize("name", ["a.py", "a.json"])
def test_colours_lose_no_letter(name: str, text: str) -> None:
    assert "\n".join(line.text for line in colours.lines(name, text)) == text


def test_what_stays_is_not_coloured_twice_and_looks_the_same() -> None:
    old = 'def f():\n    """a\n    b\n    """\n    return 1\n\n\nx = 2\n'
    for new in (
        old.replace("return 1", "return None  # it's"),
        old.replace("    b\n", "    return 'c\n"),  # inside of a text
        old.replace('    """\n', ""),  # a text that no longer ends
        "import a\n" + old,
        "",
    ):
        known = colours.lines("a.py", old)
        rows = beside.rows(old.split("\n"), new.split("\n"))
        assert colours.lines_after("a.py", new, known, rows) == colours.lines("a.py", new)


def test_a_text_ends_no_script() -> None:
    line = colours.lines("a.py", 'x = "</script><!--" # <b>')[0]
    assert "<!--" not in colours.html(line)
    assert "</script" not in colours.html(line, ((3, 9), (12, 14)))


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_everything_written_can_be_read(theme: int) -> None:
    """WCAG 2.1 AA asks for 4.5 to 1."""
    style = (ASSETS / "page.css").read_text()
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", style)
    colour = {name: both[theme] for name, *both in pairs}
    text = ["text", "quiet", "link", *"cksmfb"]
    backs = ["page", "raised", "red-back", "green-back", "amber-back"]
    wanted = [(one, back) for one in text for back in backs]
    wanted += [(one, word) for one in ("text", *"cksmfb") for word in ("red-word", "green-word")]
    wanted += [(one, back) for one in ("green", "red", "amber") for back in ("page", "raised")]
    wanted += [("red", "red-back"), ("green", "green-back"), ("amber", "amber-back")]
    weak = []
    for one, back in wanted:
        light, dark = sorted((_luminance(colour[one]), _luminance(colour[back])), reverse=True)
        if (light + 0.05) / (dark + 0.05) < 4.5:
            weak.append(f"{one} on {back}: {(light + 0.05) / (dark + 0.05):.1f}")
    assert weak == []


# --- pictures


def _group(scope: str = "net", names: tuple[str, ...] = ("net/w",), state: State = State.MIGRATED) -> SharingGroup:
    variables = tuple(Variable(name, ("3",)) for name in names)
    places = Place("model.py", 3), (Place("model.py", 4), Place("<b>.py", 9))
    return SharingGroup(scope, "Net", "build", *places, variables, state)


def test_both_pictures_say_who_shares_and_who_holds() -> None:
    group = _group(names=("net/h0/w", "net/h0/b", "net/step"))
    before, after = picture.before(group), picture.after(group, {"net/h0/w": "net/h0/kernel"})
    for text in ("model.py:3 makes", "model.py:4 shares", "&lt;b&gt;.py:9 shares", "w, b", "step"):
        assert text in before
    assert after is not None
    for text in ("build holds it", "model.py:3, 4 call it", "net: Net", "kernel, b"):
        assert text in after
    assert picture.after(_group(state=State.REFUSED), {}) is None


def test_a_tree_with_too_many_leaves_is_drawn_with_numbers() -> None:
    many = tuple(f"net/block_{i}/unit_{j}/w" for i in range(30) for j in range(3))
    drawn = picture.before(_group(names=many))
    assert drawn.count("<g ") < 40
    assert "3 variables" in drawn
    assert "6 more" in drawn


# --- the page


def _migration() -> Migration:
    changes = (
        FileChange(Path("a </script> b.py"), "import tensorflow as tf\n" * 30, "import keras\n" * 30),
        FileChange(Path("tfmigrate-map.json"), None, '{"net/w": "net/k"}\n'),
    )
    finding = Finding("other.py", 2, 0, "TFM201", "the name of <this> scope")
    gone = Finding("gone.py", 1, 0, "TFM001", "cannot be read")
    groups = (_group(), _group("x", (), State.REFUSED))
    return Migration(changes, groups, (finding, gone), {"net/w": "net/k"}, files_read=3)


def test_the_page_is_one_file_the_same_each_time() -> None:
    texts = {Path("other.py"): "x\ny\n", Path("gone.py"): ""}
    text = page.render(_migration(), texts)
    assert text == page.render(_migration(), texts)
    assert not re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", text)
    assert text.count("<script>") == 1
    assert "<this>" not in text
    assert "a </script>" not in text
    for shown in ("TFM201", "the name of &lt;this&gt; scope", "net/k", "gone.py", "2</b> of 3 files change"):
        assert shown in text


def test_a_group_is_of_the_files_in_which_its_code_stands() -> None:
    files = {"main.py": "x\n", "net.py": "class Net(keras.layers.Layer):\n", "ops.py": "y\n", "other.py": "z\n"}
    changes = tuple(FileChange(Path(name), "", text) for name, text in files.items())
    place, part = Place("main.py", 1), Part("ops.py", 1, 1)
    group = SharingGroup("net", "Net", "build", place, (), (Variable("net/w", ()),), State.MIGRATED)
    cluster = Cluster("net", (part,), frozenset({"net/w"}), ((part, "net/w"),))
    text = page.render(Migration(changes, (group,), clusters=(cluster,)), {})
    assert 'data-files="main.py\tnet.py\tops.py"' in text


def test_a_verdict_is_shown_with_who_reads() -> None:
    side = SideOfVariable("net/w", (3,), "float32", True, ("model.py:7",))
    rows = (VariableRow("net/w", side, side),)
    verdict = Verdict(Status.EQUIVALENT, "all is the same", variables=rows, compared={"outputs": 3})
    read = as_json.read_verdict(as_json.render_verdict(verdict))
    text = page.render(_migration(), {}, verdict=read)
    for shown in ("equivalent</b>", "all is the same", "outputs <b>3</b>", "model.py:7<br>→&nbsp;model.py:7"):
        assert shown in text


@pytest.mark.parametrize("text", ["[]", "{}", '{"version": 1, "kind": "plan"}', '{"version": 1, "kind": "check"}', "x"])
def test_another_files_text_is_no_verdict(text: str) -> None:
    with pytest.raises(ValueError, match=r"verdict|Expecting"):
        as_json.read_verdict(text)


def test_the_command_writes_it_and_only_over_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    small_program.write(tmp_path)
    for _ in range(2):
        assert main(["diff", "--html", "page.html", "."]) == 1
        assert capfdbinary.readouterr().out.endswith(b"The page is page.html\n")
    text = Path("page.html").read_text(encoding="utf-8")
    assert "<i class=f>lookup</i>" in text
    assert main(["diff", "--html", "model.py", "."]) == 2
    assert b"is no page" in capfdbinary.readouterr().err
    assert main(["diff", "--verdict", "x.json", "."]) == 2
    assert main(["diff", "--html", "p.html", "--verdict", "model.py", "."]) == 2
