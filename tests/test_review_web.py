"""`review --web`: what the page may do, and what nobody else may."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from tfmigrate.cli import _parser
from tfmigrate.commands.desk import Desk
from tfmigrate.commands.session import open_session
from tfmigrate.reviewing.server import Server

MODEL = """\
import tensorflow as tf


def encoder(x, reuse=False):
    with tf.variable_scope("encoder", reuse=reuse):
        return tf.matmul(x, tf.get_variable("w", [3, 4]), name="<b>&</b>")


def decoder(h):
    with tf.variable_scope("decoder"):
        return tf.matmul(h, tf.get_variable("w", [4, 3])) + tf.get_variable("b", [3])


def build():
    x = tf.placeholder(tf.float32, [None, 3])
    h = encoder(x)
    again = encoder(2 * x, reuse=True)
    return {"y": decoder(h), "again": again}
"""


class Visitor:
    """A browser, or somebody who would like to be one."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.key = ""

    def ask(self, path: str, body: Any = None, **headers: str | None) -> tuple[int, dict[str, str], bytes]:
        port = self.server.server_address[1]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        sent: dict[str, str | None] = {"Host": self.server.host, "Authorization": f"Bearer {self.key}"}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent.update({"Content-Type": "application/json", "Origin": f"http://{self.server.host}"})
            sent["Content-Length"] = str(len(data))
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        connection.putrequest("GET" if body is None else "POST", path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(data)
        answer = connection.getresponse()
        result = answer.status, dict(answer.getheaders()), answer.read()
        connection.close()
        return result

    def json(self, path: str, body: Any = None) -> dict[str, Any]:
        status, _, data = self.ask(path, body)
        assert status == 200, data
        found: dict[str, Any] = json.loads(data)
        return found

    def enter(self) -> None:
        self.key = self.json("/api/session", {"token": self.server.address.partition("#")[2]})["key"]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


@pytest.fixture
def server(program: Path) -> Iterator[Server]:
    arguments = _parser().parse_args(["review", "--web", "--restart", "--jobs", "1", "model.py"])
    with Server(Desk(open_session(arguments), arguments)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join(10)


@pytest.fixture
def visitor(server: Server) -> Visitor:
    visitor = Visitor(server)
    visitor.enter()
    return visitor


def test_accepted_groups_are_written_and_others_stay(visitor: Visitor, program: Path) -> None:
    first, second = visitor.json("/api/review")["groups"]
    assert (first["name"], first["answer"], second["name"]) == ("encoder", "open", "decoder")
    assert visitor.json("/api/decide", {"group": 0, "answer": "accepted", "comment": "good"})["answer"] == "accepted"
    visitor.json("/api/decide", {"group": 1, "answer": "rejected", "comment": "not now"})
    result = visitor.json("/api/apply", {})
    assert result["written"] == ["model.py"]
    assert [(g["name"], g["answer"], g["comment"]) for g in result["groups"]] == [("decoder", "rejected", "not now")]
    text = (program / "model.py").read_text()
    assert "class Encoder(keras.layers.Layer)" in text
    assert "def decoder(h):" in text


def test_the_patch_is_what_would_be_written(visitor: Visitor, program: Path) -> None:
    assert json.loads(visitor.ask("/api/patch")[2])["error"] == "nothing is accepted yet"
    visitor.json("/api/decide", {"group": 1, "answer": "accepted"})
    status, headers, data = visitor.ask("/api/patch")
    assert (status, headers["Content-Type"]) == (200, "text/x-patch")
    assert b"+class Decoder(keras.layers.Layer):" in data
    assert b"class Encoder" not in data
    assert (program / "model.py").read_text() == MODEL


def test_a_group_has_its_reasons_and_no_markup_of_the_program(visitor: Visitor) -> None:
    group = visitor.json("/api/group/0")
    assert "becomes  Encoder, held by build" in group["summary"]
    assert any("encoder is shared here" in text for hunk in group["hunks"] for text in hunk["sharing"])
    assert any("encoder/w" in hunk["variables"] for hunk in group["hunks"])
    lines = "".join(line["html"] for hunk in group["hunks"] for line in hunk["lines"])
    assert "&lt;b&gt;" in lines
    assert "<b>" not in lines


def test_decisions_are_those_of_the_terminal(visitor: Visitor, program: Path) -> None:
    visitor.json("/api/decide", {"group": 0, "answer": "rejected", "comment": "why?"})
    kept = json.loads((program / ".tfmigrate-review.json").read_text())["decisions"]["encoder in model.py"]
    assert (kept["answer"], kept["comment"]) == ("rejected", "why?")


def test_what_changed_meanwhile_is_not_written_over(visitor: Visitor, program: Path) -> None:
    visitor.json("/api/decide", {"group": 0, "answer": "accepted"})
    (program / "model.py").write_text(MODEL + "# somebody else\n")
    status, _, data = visitor.ask("/api/apply", {})
    assert status == 409, data
    assert (program / "model.py").read_text() == MODEL + "# somebody else\n"


# --- who else


def test_only_this_machine_is_served(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_the_address_works_once(server: Server) -> None:
    token = server.address.partition("#")[2]
    assert len(token) > 40
    visitor = Visitor(server)
    assert visitor.ask("/api/session", {"token": "wrong"})[0] == 403
    assert visitor.ask("/api/session", {"token": 1})[0] == 403
    visitor.enter()
    assert visitor.ask("/api/session", {"token": token})[0] == 403


@pytest.mark.parametrize("path", ["/api/review", "/api/group/0", "/api/patch"])
def test_nothing_is_told_without_the_key(server: Server, path: str) -> None:
    visitor = Visitor(server)
    for key in ("", "wrong", "ä"):
        visitor.key = key
        status, _, data = visitor.ask(path)
        assert status == 401
        assert b"encoder" not in data


@pytest.mark.parametrize("path", ["/api/decide", "/api/apply", "/api/end"])
def test_nothing_is_done_without_the_key(server: Server, path: str) -> None:
    assert Visitor(server).ask(path, {"group": 0, "answer": "accepted"})[0] == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "localhost:{port}", "127.0.0.1", None])
def test_another_name_of_this_machine_is_turned_away(visitor: Visitor, host: str | None) -> None:
    """A name that an attacker's server resolves to 127.0.0.1 would make its page the same origin."""
    named = None if host is None else host.format(port=visitor.server.server_address[1])
    for path in ("/", "/api/review"):
        assert visitor.ask(path, Host=named)[0] == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", None])
def test_another_site_is_turned_away(visitor: Visitor, program: Path, origin: str | None) -> None:
    assert visitor.ask("/api/decide", {"group": 0, "answer": "accepted"}, Origin=origin)[0] == 403
    if origin is not None:
        assert visitor.ask("/api/review", Origin=origin)[0] == 403
    assert not (program / ".tfmigrate-review.json").exists()


def test_what_a_browser_says_of_a_request_counts(visitor: Visitor) -> None:
    assert visitor.ask("/api/review", Sec_Fetch_Site="cross-site")[0] == 403
    assert visitor.ask("/api/review", Sec_Fetch_Site="same-site")[0] == 403
    assert visitor.ask("/api/review", Sec_Fetch_Site="same-origin")[0] == 200


def test_a_form_is_not_taken(visitor: Visitor) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert visitor.ask("/api/decide", {"group": 0, "answer": "accepted"}, Content_Type=kind)[0] == 415


def test_no_other_site_may_read_frame_or_keep_an_answer(visitor: Visitor) -> None:
    for path in ("/", "/api/review", "/nowhere"):
        _, headers, _ = visitor.ask(path)
        assert not [name for name in headers if name.lower().startswith("access-control")]
        assert "Set-Cookie" not in headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_page_is_closed_and_tells_nothing(server: Server) -> None:
    status, headers, data = Visitor(server).ask("/")
    policy = headers["Content-Security-Policy"]
    assert status == 200
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert b"encoder" not in data
    assert b"http://" not in data.replace(b"http://www.w3.org", b"")
    assert b"{nonce}" not in data
    assert Visitor(server).ask("/")[1]["Content-Security-Policy"] != policy


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"group": 7, "answer": "accepted"}, 409),
        ({"group": -1, "answer": "accepted"}, 409),
        ({"group": True, "answer": "accepted"}, 400),
        ({"group": 0, "answer": "perhaps"}, 409),
        ({"group": 0}, 400),
        ([], 400),
        ({"comment": "x" * 2**17}, 413),
    ],
)
def test_what_makes_no_sense_is_turned_away(visitor: Visitor, body: Any, status: int) -> None:
    assert visitor.ask("/api/decide", body)[0] == status
    assert visitor.ask("/api/group/99999999999")[0] == 404


# --- in a browser


@pytest.mark.skipif(
    find_spec("playwright") is None or not (which("chromium") or which("google-chrome")), reason="needs a browser"
)
def test_what_a_person_would_click(server: Server, program: Path) -> None:
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=which("chromium") or which("google-chrome"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(server.address)
        expect(page.get_by_role("heading", name="encoder")).to_be_visible(timeout=30_000)
        assert "#" not in page.url
        page.get_by_label("Comment").fill("it shares, good")
        page.get_by_role("button", name="Accept (y)").click()
        expect(page.get_by_role("heading", name="decoder")).to_be_visible(timeout=30_000)
        page.reload()
        expect(page.get_by_role("heading", name="decoder")).to_be_visible(timeout=30_000)
        page.keyboard.press("n")
        expect(page.get_by_role("status")).to_contain_text("All groups are decided")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the patch").click()
        assert "+class Encoder" in Path(download.value.path()).read_text()
        page.get_by_role("button", name="Apply what is accepted").click()
        expect(page.get_by_role("status")).to_contain_text("Written: model.py", timeout=30_000)
        second = browser.new_page()
        second.goto(server.address.partition("#")[0] + "#used-before")
        expect(second.get_by_role("status")).to_contain_text("was used before")
        page.get_by_role("button", name="Done").click()
        expect(page.get_by_text("The review has ended")).to_be_visible()
        browser.close()
    assert wrong == []
    assert "class Encoder" in (program / "model.py").read_text()
