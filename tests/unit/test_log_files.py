"""Logs of one machine: a flood of lines fills no disk, and whoever writes them notices nothing."""

from pathlib import Path

from libs.common.log_files import keep_within_bounds


def test_a_full_log_begins_anew_and_what_was_in_it_is_kept_once(tmp_path: Path) -> None:
    log, former = tmp_path / "intake-api.log", tmp_path / "intake-api.log.1"
    with log.open("ab", buffering=0) as process:
        process.write(b"one\n")
        keep_within_bounds(tmp_path, 4)
        assert (log.read_bytes(), former.exists()) == (b"one\n", False)
        process.write(b"two\n")
        keep_within_bounds(tmp_path, 4)
        process.write(b"three\n")
        assert (log.read_bytes(), former.read_bytes()) == (b"three\n", b"one\ntwo\n")
        keep_within_bounds(tmp_path, 4)
        process.write(b"four\n")
    assert (log.read_bytes(), former.read_bytes()) == (b"four\n", b"three\n")
    assert sorted(tmp_path.iterdir()) == [log, former]


def test_where_no_former_can_be_kept_room_is_made_all_the_same(tmp_path: Path) -> None:
    log = tmp_path / "intake-api.log"
    log.write_bytes(b"one\n")
    (tmp_path / "intake-api.log.1").symlink_to(tmp_path / "gone" / "nowhere")
    keep_within_bounds(tmp_path, 3)
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("intake-api.log", b"")]
