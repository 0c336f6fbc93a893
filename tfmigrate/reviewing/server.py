"""The review on a local page: who may ask, and for what. What is shown and decided is the desk's part.

Loopback only. The address that is printed ends in a token that works once; it stands behind the `#`, so no log and no
referrer ever sees it. The page trades it for a key that it sends with every request by itself. There is no cookie, so
a request that another site makes the browser send carries nothing; and what comes under another host's name (DNS
rebinding) or from another origin is turned away before that.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any, Protocol

_MOST = 2**16  # bytes of a request
_ALWAYS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Desk(Protocol):
    """What a review can be asked. All results but the patch are JSON. Raises RefusedError."""

    def overview(self) -> dict[str, Any]: ...
    def group(self, number: int) -> dict[str, Any]: ...
    def decide(self, number: int, answer: str, comment: str) -> dict[str, Any]: ...
    def apply(self) -> dict[str, Any]: ...
    def patch(self) -> bytes: ...


class RefusedError(Exception):
    """What was asked for can't be done; the text is one line for the person."""


class _Denied(Exception):
    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class Server(ThreadingHTTPServer):
    """Serves one desk until the page says that it is done."""

    daemon_threads = True

    def __init__(self, desk: Desk, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.desk = desk
        self.token: str | None = secrets.token_urlsafe(32)
        self.key = secrets.token_urlsafe(32)
        self.lock = threading.Lock()  # a desk does one thing at a time

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def address(self) -> str:
        """What to open; it works once."""
        return f"http://{self.host}/#{self.token}"

    def exchange(self, token: object) -> str:
        """The key for the token, once."""
        with self.lock:
            known, given = self.token, token if isinstance(token, str) else ""
            if known is None or not secrets.compare_digest(known.encode(), given.encode("utf-8", "replace")):
                raise _Denied(HTTPStatus.FORBIDDEN, "this address was used before; start the review again")
            self.token = None
            return self.key


class _Handler(BaseHTTPRequestHandler):
    server: Server
    server_version = "tfmigrate"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        self._answer({"/api/review": self._overview, "/api/patch": self._patch, "/": self._page})

    def do_POST(self) -> None:
        self._answer(
            {
                "/api/session": self._session,
                "/api/decide": self._decide,
                "/api/apply": self._apply,
                "/api/end": self._end,
            }
        )

    def log_message(self, *_: Any) -> None:
        """The terminal belongs to the person."""

    # --- who may ask

    def _answer(self, routes: dict[str, Any]) -> None:
        try:
            self._same_host()
            self._same_origin()
            path = self.path.partition("?")[0]
            number = path.removeprefix("/api/group/")
            if self.command == "GET" and path.startswith("/api/group/") and re.fullmatch("[0-9]{1,6}", number):
                self._with_key()
                self._json(self._asked(lambda: self.server.desk.group(int(number))))
            elif path in routes:
                if path not in ("/", "/api/session"):
                    self._with_key()
                routes[path]()
            else:
                raise _Denied(HTTPStatus.NOT_FOUND, "there is nothing here")
        except _Denied as denied:
            self._json({"error": str(denied)}, denied.status)
        except RefusedError as refused:
            self._json({"error": str(refused)}, HTTPStatus.CONFLICT)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _same_host(self) -> None:
        if self.headers.get_all("Host") != [self.server.host]:
            raise _Denied(HTTPStatus.MISDIRECTED_REQUEST, "another host is meant")

    def _same_origin(self) -> None:
        """A browser says where a request comes from; one that writes must say it."""
        origin = self.headers.get("Origin")
        if origin is None and self.command != "GET":
            raise _Denied(HTTPStatus.FORBIDDEN, "it is not said where this comes from")
        if origin is not None and origin != f"http://{self.server.host}":
            raise _Denied(HTTPStatus.FORBIDDEN, "this comes from another site")
        if self.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise _Denied(HTTPStatus.FORBIDDEN, "this comes from another site")

    def _with_key(self) -> None:
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(self.server.key.encode(), given.encode("utf-8", "replace")):
            raise _Denied(HTTPStatus.UNAUTHORIZED, "open the address that the terminal shows")

    def _body(self) -> dict[str, Any]:
        if self.headers.get_content_type() != "application/json":
            raise _Denied(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "JSON is expected")
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > _MOST:
            raise _Denied(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "this is too long")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise _Denied(HTTPStatus.BAD_REQUEST, "a JSON object is expected")
        return body

    # --- what may be asked for

    def _page(self) -> None:
        """Nothing of the program is in it, so anybody may have it."""
        nonce = secrets.token_urlsafe(16)
        text = files("tfmigrate.reviewing").joinpath("page.html").read_text("utf-8").replace("{nonce}", nonce)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        self._send(text.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": policy})

    def _session(self) -> None:
        self._json({"key": self.server.exchange(self._body().get("token"))})

    def _overview(self) -> None:
        self._json(self._asked(self.server.desk.overview))

    def _decide(self) -> None:
        body = self._body()
        number, answer, comment = body.get("group"), body.get("answer"), body.get("comment", "")
        if type(number) is not int or not isinstance(answer, str) or not isinstance(comment, str):
            raise _Denied(HTTPStatus.BAD_REQUEST, "group, answer and comment are expected")
        self._json(self._asked(lambda: self.server.desk.decide(number, answer, comment)))

    def _apply(self) -> None:
        self._body()
        self._json(self._asked(self.server.desk.apply))

    def _patch(self) -> None:
        self._send(self._asked(self.server.desk.patch), "text/x-patch", {})

    def _end(self) -> None:
        self._body()
        self._json({})
        threading.Thread(target=self.server.shutdown, daemon=True).start()

    def _asked(self, question: Any) -> Any:
        with self.server.lock:
            return question()

    # --- how it is said

    def _json(self, data: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(json.dumps(data).encode(), "application/json", {}, status)

    def _send(self, data: bytes, kind: str, headers: dict[str, str], status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **_ALWAYS, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
