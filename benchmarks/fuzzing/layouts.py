"""Changes of a file that do not ask what it says: newlines, indentation, encodings, lines and bytes lost or broken."""

from __future__ import annotations

import re
from collections.abc import Callable

from random_tf1.choices import Choices

Layout = Callable[[Choices, str], bytes]
Break = Callable[[Choices, bytes], bytes]


def as_it_is(choices: Choices, text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def crlf(choices: Choices, text: str) -> bytes:
    return as_it_is(choices, text.replace("\n", "\r\n"))


def carriage_returns(choices: Choices, text: str) -> bytes:
    return as_it_is(choices, text.replace("\n", "\r"))


def mixed_newlines(choices: Choices, text: str) -> bytes:
    kinds = [choices.pick(("\n", "\r\n", "\r")) for _ in range(5)]
    lines = text.split("\n")
    return as_it_is(choices, "".join(line + kinds[n % 5] for n, line in enumerate(lines[:-1])) + lines[-1])


def tabs(choices: Choices, text: str) -> bytes:
    return as_it_is(choices, re.sub(r"(?m)^( {4})+", lambda found: "\t" * (len(found[0]) // 4), text))


def mixed_tabs(choices: Choices, text: str) -> bytes:
    return as_it_is(choices, re.sub(r"(?m)^ {8}", "\t", text))


def narrow(choices: Choices, text: str) -> bytes:
    width = " " * choices.between(1, 7)
    return as_it_is(choices, re.sub(r"(?m)^( {4})+", lambda found: width * (len(found[0]) // 4), text))


def no_last_newline(choices: Choices, text: str) -> bytes:
    return as_it_is(choices, text.rstrip("\n") + choices.pick(("", "  ", "\\", "  # end", "\t")))


def byte_order_mark(choices: Choices, text: str) -> bytes:
    return b"\xef\xbb\xbf" + as_it_is(choices, text)


def latin1(choices: Choices, text: str) -> bytes:
    return ("# -*- coding: latin-1 -*-\n# caf\xe9\n" + text).encode("latin-1", "replace")


def odd_encoding(choices: Choices, text: str) -> bytes:
    encoding = choices.pick(("utf-16", "utf-7", "cp037", "shift_jis", "iso-2022-jp", "cp1252", "utf-32", "koi8-r"))
    cookie = choices.pick(
        ("", f"# coding: {encoding}\n", "# coding: no-such\n", "# coding: utf-8\n", "# coding: hex\n")
    )
    return cookie.encode() + ("# \xe9\n" + text).encode(encoding, "replace")


def trailing_space(choices: Choices, text: str) -> bytes:
    return as_it_is(choices, text.replace("\n", choices.pick((" \n", "\t\n", "  # é\n", "\n\n", "\n\x0c\n"))))


def continued(choices: Choices, text: str) -> bytes:
    """Lines broken behind commas, within brackets or not."""
    return as_it_is(choices, text.replace(", ", choices.pick((",\n        ", ", \\\n  ", ",", " ,  ", ", # c\n"))))


LAYOUTS: tuple[Layout, ...] = (
    as_it_is, crlf, carriage_returns, mixed_newlines, tabs, mixed_tabs, narrow, no_last_newline, byte_order_mark,
    latin1, odd_encoding, trailing_space, continued,
)  # fmt: skip


# --- what breaks a file


def cut_lines(choices: Choices, data: bytes) -> bytes:
    lines = data.split(b"\n")
    first = choices.below(len(lines))
    return b"\n".join(lines[:first] + lines[first + choices.between(1, 6) :])


def truncate(choices: Choices, data: bytes) -> bytes:
    return data[: choices.below(len(data) + 1)]


def drop_bytes(choices: Choices, data: bytes) -> bytes:
    at = choices.below(len(data) + 1)
    return data[:at] + data[at + choices.between(1, 9) :]


_ODD = (
    b"\0", b"\xff", b"\xc3", b"\r", b"\x0c", b"(", b")", b"]", b'"""',
    b"'", b"#", b"\\", b":", b"\n", b"\t", b"=", b";",
    b"@", b"$", b"!", b"\xe2\x80\xa8", b"\x1a", b"\xef\xbb\xbf", b"(" * 250, b"[" * 90 + b"]" * 90, b"-" * 400,
)  # fmt: skip


def put_bytes(choices: Choices, data: bytes) -> bytes:
    at = choices.below(len(data) + 1)
    return data[:at] + choices.pick(_ODD) + data[at:]


def flip_byte(choices: Choices, data: bytes) -> bytes:
    at = choices.below(len(data) or 1)
    return data[:at] + bytes([choices.below(256)]) + data[at + 1 :]


def repeat(choices: Choices, data: bytes) -> bytes:
    first = choices.below(len(data) + 1)
    part = data[first : first + choices.between(1, 200)]
    at = choices.below(len(data) + 1)
    return data[:at] + part * choices.between(1, 3) + data[at:]


BREAKS: tuple[Break, ...] = (cut_lines, truncate, drop_bytes, put_bytes, flip_byte, repeat)
