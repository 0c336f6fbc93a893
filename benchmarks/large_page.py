"""How long a browser works to open and scroll a page of 500 files: `python benchmarks/large_page.py`.

In time of its main thread: the clock would also measure what else the machine does. Needs playwright and Chromium.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from tfmigrate.finding import Finding
from tfmigrate.model import FileChange, Migration, Place, SharingGroup, State, Variable
from tfmigrate.report.html import page

NET = """\
def net_{n}(x, reuse=False):
    with tf.variable_scope("net_{n}", reuse=reuse):
        return tf.matmul(x, tf.get_variable("w", [3, {n}]))


"""
LAYER = """\
class Net{n}(keras.layers.Layer):
    def build(self, x_shape):
        self.w = self.add_weight(name="w", shape=[3, {n}])

    def call(self, x):
        return tf.matmul(x, self.w)


"""
PLAIN = "".join(f"def plain_{n}(a):\n    return a + {n}\n\n\n" for n in range(10))


def migration(files: int, nets: int, plain: str = PLAIN) -> Migration:
    """A program of many files with many networks each, the first group of the second file refused."""
    changes, groups = [], []
    for number in range(files):
        name = f"package/module_{number}.py"
        sides = "import tensorflow as tf\n", "import keras\nimport tensorflow.compat.v1 as tf\n"
        before, after = (
            side + "".join(text.format(n=n) + plain for n in range(nets)) for side, text in zip(sides, (NET, LAYER))
        )
        changes.append(FileChange(Path(name), before, after))
        variables = (Variable(f"m{number}/net_0/w", ("3", "0")),)
        places = Place(name, 2), (Place(name, 4),)
        state = State.REFUSED if number == 1 else State.MIGRATED
        codes = ("TFM201",) if number == 1 else ()
        groups.append(SharingGroup(f"m{number}/net_0", "Net0", "build", *places, variables, state, codes))
    finding = Finding("package/module_1.py", 3, 4, "TFM201", "the name of this scope cannot be known")
    return Migration(tuple(changes), tuple(groups), (finding,), {"m0/net_0/w": "m0/net_0/kernel"}, files_read=files)


CHANGED_LINES = (
    "[...document.querySelectorAll('nav ins, nav del')].reduce((sum, e) => sum + +e.textContent.slice(1), 0)"
)
_SCROLL = """(async () => { for (let i = 0; i < 60; i++) {
    scrollBy(0, 200); await new Promise(requestAnimationFrame); } })()"""


def main() -> None:
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        path = Path(folder) / "page.html"
        path.write_text(page.render(migration(500, 11, ""), {}), encoding="utf-8")
        tab = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]).new_page()
        measuring = tab.context.new_cdp_session(tab)
        measuring.send("Performance.enable", {"timeDomain": "threadTicks"})

        def seconds(*names: str) -> float:
            found = {row["name"]: row["value"] for row in measuring.send("Performance.getMetrics")["metrics"]}
            return float(sum(found[name] for name in names))

        tab.goto(path.as_uri(), wait_until="domcontentloaded")
        print(f"{tab.evaluate(CHANGED_LINES)} changed lines in {path.stat().st_size / 1e6:.1f} MB")
        print(f"to open: {seconds('TaskDuration'):.2f} s")
        tab.evaluate("document.querySelector('#files').scrollIntoView()")
        busy = "LayoutDuration", "RecalcStyleDuration", "ScriptDuration"
        before = seconds(*busy)
        tab.evaluate(_SCROLL)
        print(f"to scroll: {(seconds(*busy) - before) / 60 * 1000:.1f} ms for a frame")


if __name__ == "__main__":
    main()
