"""A second process that works on small files: in one interpreter two threads take turns at it.

Directories are handed over open, so that both processes mean the same ones; orders and answers are messages.
It does nothing by itself, and ends with whoever started it.
"""

import os
import select
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

import cachemgr
from cachemgr.disk.handles import Handle
from cachemgr.domain.outcome import Trouble
from cachemgr.execute import small_files
from cachemgr.execute.consignment import Mark
from cachemgr.execute.guard import Stop
from cachemgr.execute.small_files import Answer, Order

_AHEAD = 3
"""Messages it has before it gets no more: enough to do until the next look."""
_LENGTH = 4
_PATIENCE = 10.0
"""Seconds it has for the file it is at when nobody needs it any more."""
_COMMAND = "import sys; sys.path[:] = sys.argv[1:]; from cachemgr.execute.copy_process import serve; serve()"


class _Orders(msgspec.Struct, array_like=True):
    """Names are bytes: not all of them are text."""

    task: str
    orders: list[tuple[bytes, bytes, Mark, str]]


class _Answers(msgspec.Struct, array_like=True):
    answers: list[tuple[bytes, list[tuple[bytes, int]]]]
    failure: tuple[str, str, int | None] | None
    """Why the next order was not carried out; those after it were not, either."""


class Done(NamedTuple):
    """What came of the orders of one message, in their order."""

    answers: list[Answer]
    failure: Stop | None


class CopyProcess:
    """The other process. Used by one thread; to be closed. It has the lifeline, a descriptor, until its end.
    Raises OSError where there can be none."""

    _channel: socket.socket
    _process: "subprocess.Popen[bytes]"

    def __init__(self, lifeline: int | None = None) -> None:
        self._waiting = 0
        if sys.platform == "win32" or not sys.executable:
            raise OSError("no process can be handed open directories here")
        self._channel, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", _COMMAND, *_ours()],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=() if lifeline is None else (lifeline,),
                    start_new_session=True,  # what a terminal sends is for us
                )
            except OSError:
                self._channel.close()
                raise

    @property
    def has_room(self) -> bool:
        """Whether it should be given something."""
        return self._waiting < _AHEAD

    def give(self, task: str, source: Handle, target: Handle, orders: Sequence[Order]) -> None:
        """Have orders carried out in two open directories. Raises OSError when the process has gone."""
        plain = [(os.fsencode(one.name), os.fsencode(one.stage), one.mark, one.named) for one in orders]
        _send(self._channel, _Orders(task, plain), source, target)
        self._waiting += 1

    def take(self, seconds: float) -> Done | None:
        """What has been done, the oldest first; None when nothing is, even after that time.

        Raises OSError when the process has gone."""
        if not self._waiting:
            return None
        self._channel.settimeout(seconds)
        try:
            head = self._channel.recv(_LENGTH)
        except (BlockingIOError, TimeoutError):
            return None
        finally:
            self._channel.settimeout(None)
        body = _read(self._channel, bytearray(head))
        if body is None:
            raise ConnectionResetError
        self._waiting -= 1
        said = _ANSWERS.decode(body)
        answers = [
            Answer(digest, [(os.fsdecode(what), why) for what, why in lost]) for digest, lost in said.answers
        ]
        return Done(answers, Stop(Trouble(*said.failure)) if said.failure else None)

    def close(self) -> None:
        """Wait until it has ended. It gives up what it was not done with."""
        self._channel.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _ours() -> list[str]:
    """Where this very package and what it needs lie: no variable and no working directory leads elsewhere."""
    mine = os.path.dirname(cachemgr.__path__[0])
    return list(dict.fromkeys([mine, *(place for place in sys.path if os.path.isabs(place))]))


def serve() -> None:
    """What the other process runs: orders come by its standard input, a socket, until that is closed."""
    if sys.platform == "win32":  # for the type checker, here and below: nobody starts one there
        raise NotImplementedError
    with socket.socket(fileno=0) as channel:
        # Whoever is killed leaves orders behind; they are nobody's any more.
        gone = select.poll()
        gone.register(channel, 0)
        while True:
            head, descriptors, _, _ = socket.recv_fds(channel, _LENGTH, 2)
            try:
                body = _read(channel, bytearray(head))
                if body is None:
                    return
                source, target = descriptors
                said = _carried_out(source, target, _ORDERS.decode(body), lambda: bool(gone.poll(0)))
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)
            if said is None:
                return
            _send(channel, said)


def _carried_out(
    source: Handle, target: Handle, message: _Orders, is_over: Callable[[], bool]
) -> _Answers | None:
    """None when nobody needs it any more."""
    plain = message.orders
    orders = [Order(os.fsdecode(name), os.fsdecode(stage), mark, how) for name, stage, mark, how in plain]
    said = _Answers([], None)
    try:
        for answer in (_read_back if message.task == "read" else _copied)(source, target, orders):
            said.answers.append((answer.digest, [(os.fsencode(what), why) for what, why in answer.lost]))
            if is_over():
                return None
    except Stop as stop:
        said.failure = (stop.trouble.kind, stop.trouble.detail, stop.trouble.errno)
    except OSError as error:
        said.failure = ("os", "", error.errno)
    return said


def _copied(source: Handle, target: Handle, orders: list[Order]) -> Iterator[Answer]:
    for order in orders:
        yield small_files.copy(source, target, order)


def _read_back(source: Handle, target: Handle, orders: list[Order]) -> Iterator[Answer]:
    opened = [small_files.open_ahead(target, order.stage) for order in orders]
    for order, descriptor in zip(orders, opened, strict=True):
        yield small_files.read_back(source, target, order, descriptor)


def _send(channel: socket.socket, message: msgspec.Struct, *descriptors: Handle) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    body = msgspec.msgpack.encode(message)
    letter = memoryview(struct.pack("!I", len(body)) + body)
    sent = socket.send_fds(channel, [letter], descriptors) if descriptors else channel.send(letter)
    channel.sendall(letter[sent:])


def _read(channel: socket.socket, head: bytearray) -> bytearray | None:
    """A message of which the beginning has come; None when there is none any more. Raises OSError."""
    if not head or not _fill(channel, head, _LENGTH):
        return None
    body = bytearray()
    return body if _fill(channel, body, struct.unpack("!I", head)[0]) else None


def _fill(channel: socket.socket, room: bytearray, length: int) -> bool:
    while len(room) < length:
        part = channel.recv(length - len(room))
        if not part:
            return False
        room += part
    return True


_ORDERS = msgspec.msgpack.Decoder(_Orders)
_ANSWERS = msgspec.msgpack.Decoder(_Answers)
