"""Characters that an export in Windows-1252, read as Latin-1, left as control characters."""

import re
from typing import Final


def _windows_1252() -> dict[int, str]:
    table = {}
    for code in range(0x80, 0xA0):
        try:
            table[code] = bytes([code]).decode("cp1252")
        except UnicodeDecodeError:
            continue
    return table


_WINDOWS_1252: Final = _windows_1252()
_MISREAD: Final = re.compile(f"[{''.join(map(chr, _WINDOWS_1252))}]")
_MARK: Final = b"\xc2"
"""How U+0080–U+00BF begin in UTF-8: most texts have none of them, and are looked through in no time."""


def restore_windows_1252(text: str) -> str:
    """The text with U+0080–U+009F read as the Windows-1252 characters of the same number: U+0092 becomes ’.

    The five numbers that Windows-1252 leaves undefined (81, 8D, 8F, 90, 9D) stay as they are, and so does the length
    of the text. Source: the WHATWG and Unicode mapping table of code page 1252.
    """
    if _MARK not in text.encode(errors="replace"):
        return text
    return _MISREAD.sub(lambda found: _WINDOWS_1252[ord(found[0])], text)
