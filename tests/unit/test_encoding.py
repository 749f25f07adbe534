from hypothesis import given
from hypothesis import strategies as st

from services.intake.verbatims.encoding import restore_windows_1252


def test_apostrophes_dots_and_euros_of_a_windows_export_become_readable() -> None:
    assert restore_windows_1252("L\x92aide\x85 5\x80") == "L’aide… 5€"


def test_every_number_that_windows_1252_defines_becomes_its_character() -> None:
    undefined = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
    for code in set(range(0x80, 0xA0)) - undefined:
        assert restore_windows_1252(chr(code)) == bytes([code]).decode("cp1252")


def test_the_five_undefined_numbers_stay_as_they_are() -> None:
    assert restore_windows_1252("\x81\x8d\x8f\x90\x9d") == "\x81\x8d\x8f\x90\x9d"


@given(st.text())
def test_nothing_else_changes_and_twice_is_once(text: str) -> None:
    restored = restore_windows_1252(text)
    assert len(restored) == len(text)
    assert all(after == before or "\x80" <= before <= "\x9f" for before, after in zip(text, restored, strict=True))
    assert restore_windows_1252(restored) == restored
