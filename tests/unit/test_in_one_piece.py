"""The head of an answer and its body leave together, and nothing stays behind."""

import asyncio

from libs.common.in_one_piece import MOST_BYTES, InOnePiece


class Wire(asyncio.Transport):
    """What was handed to the network, a piece each, and that it was closed."""

    def __init__(self) -> None:
        super().__init__({"peername": ("203.0.113.7", 40_000)})
        self.pieces: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.pieces.append(bytes(data))

    def close(self) -> None:
        self.pieces.append(b"closed")


async def test_what_is_written_in_one_turn_of_the_event_loop_leaves_in_one_piece() -> None:
    wire = Wire()
    transport = InOnePiece(wire)
    transport.write(b"head")
    transport.write(b"body")
    assert wire.pieces == []
    await asyncio.sleep(0)
    assert wire.pieces == [b"headbody"]
    transport.write(b"next")
    await asyncio.sleep(0)
    assert wire.pieces == [b"headbody", b"next"]


async def test_what_was_written_leaves_before_the_connection_is_closed() -> None:
    wire = Wire()
    transport = InOnePiece(wire)
    transport.write(b"head")
    transport.close()
    await asyncio.sleep(0)
    assert wire.pieces == [b"head", b"closed"]


async def test_much_is_not_kept_back() -> None:
    wire = Wire()
    transport = InOnePiece(wire)
    transport.write(b"head")
    transport.write(b"." * MOST_BYTES)
    assert [len(piece) for piece in wire.pieces] == [MOST_BYTES + 4]


async def test_of_the_connection_the_same_is_known() -> None:
    assert InOnePiece(Wire()).get_extra_info("peername") == ("203.0.113.7", 40_000)
