"""The page in headless Chromium: what a person would click, press and see."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import large_page
import pytest

from tfmigrate.report.html import page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
expect = playwright.expect
expect.set_options(timeout=30_000)  # a busy machine takes its time
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium, or its path in CHROMIUM"),
    pytest.mark.xdist_group("browser"),
]
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(page.render(large_page.migration(6, 4), {}), encoding="utf-8")
    return path


@pytest.fixture
def shown(browser: Browser, file: Path) -> Iterator[Page]:
    """The page, opened from the disk, where any request and any error fails the test."""
    tab = browser.new_page(viewport={"width": 1300, "height": 900})
    wrong: list[str] = []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None)
    _open(tab, file)
    yield tab
    tab.close()
    assert wrong == []


def _open(tab: Page, file: Path, anchor: str = "") -> None:
    tab.goto(file.as_uri() + anchor)
    tab.wait_for_selector("html[data-ready]", state="attached")


def _hash(tab: Page) -> str:
    return str(tab.evaluate("decodeURIComponent(location.hash)"))


def _wait_for_hash(tab: Page, wanted: str) -> None:
    """The browser follows a link, and opens what is closed, after the click has returned."""
    tab.wait_for_function("wanted => decodeURIComponent(location.hash) === wanted", arg=wanted)


def _wait_for_view(tab: Page, selector: str) -> None:
    tab.wait_for_function(
        """selector => {
             const box = document.querySelector(selector)?.getBoundingClientRect()
             return box && box.bottom > 40 && box.top < innerHeight
           }""",
        arg=selector,
    )


def test_the_overview_counts(shown: Page) -> None:
    text = shown.locator("#overview").inner_text()
    assert "6\nof 6 files change" in text
    assert "migrated 5" in text.replace("\n", " ")
    assert "refused 1" in text.replace("\n", " ")


def test_a_group_shows_both_pictures_and_its_variables(shown: Page) -> None:
    group = shown.locator("details.group").first
    expect(group.locator("svg[role=img]")).to_have_count(2)
    expect(group.locator("svg").nth(1)).to_contain_text("build holds it")
    row = group.locator("tbody tr").inner_text()
    assert "m0/net_0/w" in row and "m0/net_0/kernel" in row
    closed = shown.locator("details.group").nth(4)
    expect(closed.locator("svg")).to_have_count(0)
    closed.locator("summary").click()
    expect(closed.locator("svg")).to_have_count(2)


def test_lines_unfold(shown: Page) -> None:
    shown.evaluate("location.hash = '#file:package/module_0.py'")
    file = shown.locator("details.file").first
    fold = file.locator("tr.fold button").first
    fold.wait_for()
    rows = file.locator("tr.s").count()
    unfolded = int(fold.inner_text().split()[0])
    fold.click()
    expect(file.locator("tr.s")).to_have_count(rows + unfolded)
    assert file.locator("tr.s td.n:first-child").all_inner_texts() == sorted(
        file.locator("tr.s td.n:first-child").all_inner_texts(), key=int
    )


def test_words_that_changed_are_marked(shown: Page) -> None:
    shown.evaluate("location.hash = '#file:package/module_0.py'")
    file = shown.locator("details.file").first
    file.locator("td.add mark").first.wait_for()
    assert ".compat.v1" in file.locator("td.add mark").all_inner_texts()
    assert file.locator("td.del i.k").first.inner_text() == "import"


def test_a_finding_stands_at_its_line_and_leads_to_its_meaning(shown: Page) -> None:
    shown.locator("#findings a", has_text="package/module_1.py:3").click()
    note = shown.locator("#file\\:package\\/module_1\\.py tr.note")
    expect(note).to_contain_text("the name of this scope cannot be known")
    assert note.evaluate("e => e.previousElementSibling.cells[0].textContent") == "3"
    note.locator("a").click()
    _wait_for_hash(shown, "#finding:1")
    expect(shown.locator("#findings dl")).to_contain_text("computed from something outside")


def test_a_call_that_shares_leads_to_its_group(shown: Page) -> None:
    shown.evaluate("location.hash = '#file:package/module_0.py'")
    shown.locator("a.at", has_text="shares m0/net_0").click()
    _wait_for_hash(shown, "#group:m0/net_0")


def test_filters_go_together_and_into_the_address(shown: Page, file: Path) -> None:
    shown.select_option("select[name=state]", "refused")
    expect(shown.locator("details.file:visible")).to_have_count(1)
    expect(shown.locator("details.group:visible")).to_have_count(1)
    expect(shown.locator("#told")).to_have_text("1 of 6 files, 1 of 6 sharing groups")
    shown.wait_for_function("location.hash.includes('state=refused')")
    address = shown.evaluate("location.hash")
    _open(shown, file)
    shown.evaluate("address => { location.hash = address }", address)
    shown.reload()
    shown.wait_for_selector("html[data-ready]", state="attached")
    expect(shown.locator("details.file:visible")).to_have_count(1)
    shown.click("button[type=reset]")
    expect(shown.locator("details.file:visible")).to_have_count(6)
    shown.fill("input[name=q]", "module_3")
    expect(shown.locator("details.file:visible")).to_have_count(1)
    expect(shown.locator("details.group:visible")).to_have_count(1)
    shown.fill("input[name=q]", "M4/NET")
    expect(shown.locator("details.file:visible h3")).to_have_text(["package/module_4.py"])
    shown.click("button[type=reset]")
    shown.select_option("select[name=code]", "TFM201")
    expect(shown.locator("details.file:visible h3")).to_have_text(["package/module_1.py"])
    shown.select_option("select[name=code]", "")
    shown.select_option("select[name=group]", "group:m2/net_0")
    expect(shown.locator("details.file:visible h3")).to_have_text(["package/module_2.py"])
    shown.locator("#variables").scroll_into_view_if_needed()
    expect(shown.locator("#variables tbody tr:visible th")).to_have_text(["m2/net_0/w"])


def test_a_line_has_an_address(shown: Page, file: Path) -> None:
    anchor = "#file:package/module_5.py:a60"
    _open(shown, file, anchor)
    shown.reload()
    shown.wait_for_selector("tr.here")
    _wait_for_view(shown, "tr.here")
    expect(shown.locator("tr.here td").nth(2)).to_have_text("60")
    shown.locator("tr.here + tr td.n").nth(1).click()
    _wait_for_hash(shown, "#file:package/module_5.py:a61")


def test_keys_lead_through_everything(shown: Page) -> None:
    shown.keyboard.press("n")
    _wait_for_hash(shown, "#file:package/module_0.py")
    assert shown.evaluate("document.activeElement.tagName") == "SUMMARY"
    places = []
    for _ in range(3):
        shown.keyboard.press("j")
        _wait_for_view(shown, "tr.here")
        places.append(_hash(shown))
    assert all(place.startswith("#file:package/module_0.py:") for place in places)
    assert len(set(places)) == 3
    shown.keyboard.press("k")
    _wait_for_hash(shown, places[1])
    for _ in range(4):
        shown.keyboard.press("j")
    assert _hash(shown).startswith("#file:package/module_1.py:")
    shown.keyboard.press("n")
    shown.keyboard.press("p")
    assert _hash(shown).startswith("#file:package/module_")
    shown.keyboard.press("g")
    shown.keyboard.press("s")
    _wait_for_hash(shown, "#group:m0/net_0")
    shown.keyboard.press("f")
    _wait_for_hash(shown, "#finding:1")
    shown.keyboard.press("?")
    expect(shown.locator("#help")).to_be_visible()
    shown.keyboard.press("Escape")
    expect(shown.locator("#help")).to_be_hidden()
    shown.keyboard.press("/")
    shown.keyboard.type("jn")
    assert shown.locator("input[name=q]").input_value() == "jn"


def test_light_and_dark(shown: Page) -> None:
    def back() -> str:
        return str(shown.evaluate("getComputedStyle(document.body).backgroundColor"))

    shown.emulate_media(color_scheme="dark")
    assert back() == "rgb(13, 17, 23)"
    shown.click("#theme")
    assert back() == "rgb(255, 255, 255)"
    shown.reload()
    assert back() == "rgb(255, 255, 255)", "it is remembered"
    shown.keyboard.press("t")
    shown.emulate_media(color_scheme="light")
    assert back() == "rgb(13, 17, 23)"


def test_a_phone_shows_one_side_above_the_other(shown: Page, file: Path) -> None:
    shown.set_viewport_size({"width": 390, "height": 800})
    shown.evaluate("location.hash = '#file:package/module_0.py'")
    shown.wait_for_selector("td.del")
    wide = shown.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    for kind in "del", "add":
        box = shown.locator(f"td.{kind}").first.bounding_box()
        assert box is not None and box["width"] > 300
    same = shown.locator("tr.s").first
    expect(same.locator("td:visible")).to_have_count(2)


def test_print_shows_everything(shown: Page) -> None:
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(shown.locator(".lazy:empty")).to_have_count(0)
    shown.emulate_media(media="print")
    expect(shown.locator("header")).to_be_hidden()
    assert len(shown.pdf()) > 20_000


def test_a_reader_finds_its_way(shown: Page) -> None:
    assert shown.get_by_role("search", name="Filter").count() == 1
    assert shown.get_by_role("navigation", name="Files").count() == 1
    assert shown.get_by_role("main").count() == 1
    assert shown.get_by_role("region", name="Overview").count() == 1
    nameless = shown.evaluate(
        "[...document.querySelectorAll('button, select, input, a')].filter(e => !(e.textContent.trim()"
        " || e.ariaLabel || e.labels?.[0]?.textContent.trim())).map(e => e.outerHTML)"
    )
    assert nameless == []
    levels = shown.evaluate("[...document.querySelectorAll('main h2, main h3')].map(e => +e.tagName[1])")
    assert levels[0] == 2
    double = shown.evaluate(
        "[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i)"
    )
    assert double == []
    assert shown.locator("table.diff").first.get_attribute("aria-label")


def test_everything_is_found_by_the_browsers_own_search_in_the_end(shown: Page) -> None:
    shown.locator(".lazy:empty").first.wait_for(state="detached", timeout=20_000)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Far more than fits into the view."""
    path = tmp_path_factory.mktemp("large") / "page.html"
    path.write_text(page.render(large_page.migration(80, 11, ""), {}), encoding="utf-8")
    return path


def test_a_large_one_opens_and_finds_its_last_file(browser: Browser, large: Path) -> None:
    """How long 500 files with 50,000 lines take is measured by `benchmarks/large_page.py`."""
    tab = browser.new_page(viewport={"width": 1300, "height": 900})
    tab.add_init_script("window.requestIdleCallback = () => 0")  # else it may be all there by the time it is counted
    tab.goto(large.as_uri(), wait_until="domcontentloaded")
    lines = tab.evaluate(large_page.CHANGED_LINES)
    assert lines > 8_000
    assert tab.locator("tr").count() < lines, "what is not in view waits"
    tab.goto(large.as_uri() + "#file:package/module_79.py:b40")
    tab.reload()
    tab.wait_for_selector("tr.here")
    _wait_for_view(tab, "tr.here")
    tab.close()
