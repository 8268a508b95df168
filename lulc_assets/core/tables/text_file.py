"""Text as other programs save it: encodings, and names that look alike and are not.

What belongs here: bytes to text, and one spelling for each name. What does not: what the
text means.
"""

import re
import unicodedata
from pathlib import Path

from lulc_assets.core.errors import LulcError

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_OTHERS = (
    (b"PK\x03\x04", "a workbook (.xlsx, .ods) or another zip archive"),
    (b"\xd0\xcf\x11\xe0", "a workbook of an old Excel (.xls)"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3\0", "a database or GeoPackage"),
    (b"PAR1", "a Parquet file"),
)
_MARKUP = re.compile(r"\s*<(!doctype|html|\?xml)", re.IGNORECASE)
_FOREIGN = 0.7
"""Share of letters beyond ASCII, in words that hold any, from which on a text is not Western:
"Wälder" has 1 of 6, Russian or Chinese bytes that are read as Windows-1252 have nearly all."""
_WORDS = re.compile(r"[^\s;,|\"]*[^\x00-\x7f][^\s;,|\"]*")


def read_utf8(path: Path, error: type[LulcError], what: str) -> str:
    """The text of a file that has to be UTF-8, with or without a byte order mark.

    Args:
        path: of the file.
        error: raised where it is in another encoding.
        what: the file is, for the message.

    Raises:
        OSError: it cannot be opened.
    """
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        found = "UTF-16" if data.startswith(_UTF16) else "another encoding"
        line = data[: cause.start].count(b"\n") + 1
        raise error(
            f"{what} {path} is in {found}, not in UTF-8 (line {line}, byte "
            f"{cause.object[cause.start]:#04x}); save it as UTF-8"
        ) from cause


def decode_delivered(data: bytes) -> str:
    """Text in UTF-8, UTF-16 or Windows' Western encoding.

    Raises:
        UnicodeError: in none of them, or no table at all; the message says so.
    """
    for magic, what in _OTHERS:
        if data.startswith(magic):
            raise UnicodeError(f"it is {what}, whatever its name says")
    if data.startswith(_UTF16):
        return data.decode("utf-16")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
        if looks_foreign(text):
            raise UnicodeError("it is neither UTF-8 nor Western text") from None
    if "\0" in text:
        raise UnicodeError("it holds zero bytes, as UTF-16 without a byte order mark does")
    if _MARKUP.match(text):
        raise UnicodeError("it is a web page or XML, as a server answers that wants a login")
    return text


def looks_foreign(text: str) -> bool:
    """Whether text read as Western can hardly be: words of nearly nothing but accents."""
    words = "".join(_WORDS.findall(text))
    beyond = sum(char > "\x7f" and char not in "–—’‘“”„…€°²³" for char in words)
    return beyond > 1 and beyond >= _FOREIGN * len(words)


def tidy(text: str) -> str:
    """A name or a cell without blanks around it, in Unicode's composed form (NFC)."""
    return unicodedata.normalize("NFC", text).strip()
