"""Every part of a request and every connection has a bound, with and without a key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from serve.http.connection_limits import MOST_HEADERS, MOST_PIPELINED
from serve.http.open_connections import (
    FEWEST_CONNECTIONS,
    RESERVED_DESCRIPTORS,
    ConnectionLimits,
    descriptors_for_connections,
)
from tests.serve.http.worker import CRM, SHOP, Worker, ask, everything, pump, running, until

CONNECTIONS = 12
UNSENT = 24_000_000
# what buffers of the kernel take is far less, and what is sent without a bound far more
MOST_TAKEN, FAR_MORE = 30_000_000, 60_000_000
CHUNKED = "transfer-encoding: chunked"


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    limits = ConnectionLimits(
        head_seconds=10, write_seconds=0.5, connections=CONNECTIONS, unsent_bytes=UNSENT
    )
    with running(limits, body_seconds=10, max_in_flight=4, max_body_bytes=100_000) as found:
        yield found


@pytest.fixture(autouse=True)
def _gives_all_back(worker: Worker) -> Iterator[None]:
    """After whatever came: nothing in flight, no body in memory, no connection left."""
    worker.go_on.clear()
    worker.answered = 0
    yield
    worker.hang_up()
    state = worker.middleware.state
    until(lambda: state.in_flight.used == state.body_memory.used == 0)


def statuses(got: bytes) -> list[int]:
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3}) ", got)]


def message(got: bytes) -> str:
    found: str = json.loads(got.partition(b"\r\n\r\n")[2])["error"]["message"]
    return found


@pytest.mark.parametrize("key", ["", CRM["key"]], ids=["without a key", "with a key"])
@pytest.mark.parametrize(
    ("beside", "again"),
    [
        (b"0\r\n", b"a: " + b"x" * 50_000 + b"\r\n"),
        (b"0\r\n", b"a:b\r\n" * 10_000),
        (b"0\r\na: ", b"x" * 50_000),
        (b"1;", b"x" * 50_000),
        (b"1;a=b\r\n \r\n", b"1;" + b"x" * 5_000 + b"\r\n \r\n"),
        (b"", b"0" * 50_000),
    ],
    ids=["trailers", "small trailers", "a trailer", "an extension", "extensions", "a size"],
)
def test_what_is_beside_a_body_is_bounded(
    worker: Worker, key: str, beside: bytes, again: bytes
) -> None:
    with worker.connect(ask("POST", "/echo", CHUNKED, key=key) + beside) as plain:
        assert pump(plain, again, FAR_MORE) < MOST_TAKEN
    assert worker.answered == 0


def test_a_trailer_is_no_header(worker: Worker) -> None:
    trailer = f"0\r\nx-api-key: {CRM['key']}\r\nhost: elsewhere\r\n\r\n".encode()
    headers = (CHUNKED, "connection: close")
    without = worker.exchange(ask("POST", "/echo", *headers, key="") + b"2\r\n{}\r\n" + trailer)
    with_key = worker.exchange(ask("POST", "/echo", *headers) + b"2\r\n{}\r\n" + trailer)
    assert (statuses(without), statuses(with_key)) == ([401], [200])


def test_small_chunks_are_read_though_their_sizes_are_larger_than_they_are(worker: Worker) -> None:
    body = b"1;a\r\n \r\n" * 50_000 + b"0\r\n\r\n"
    assert statuses(worker.exchange(ask("POST", "/echo", CHUNKED, "connection: close") + body)) == [
        200
    ]


@pytest.mark.parametrize("length", ["content-length: 9000000000", f"content-length: 1{'0' * 19}"])
def test_a_body_that_nobody_asked_for_is_not_read_without_end(worker: Worker, length: str) -> None:
    with worker.connect(ask("GET", "/bytes/1", length)) as plain:
        assert pump(plain, b"x" * 500_000, 1_000_000_000) < 500_000_000
    assert worker.answered == 0


def test_a_small_body_that_nobody_asked_for_is_passed_over(worker: Worker) -> None:
    request = ask("GET", "/bytes/1", "content-length: 5", body=b"later")
    assert statuses(worker.exchange(request + ask("GET", "/bytes/1", "connection: close"))) == [
        200,
        200,
    ]


def test_a_head_has_so_many_headers(worker: Worker) -> None:
    def asked(number: int) -> bytes:
        return worker.exchange(ask("GET", "/bytes/1", "connection: close", *["a: b"] * number))

    assert statuses(asked(MOST_HEADERS - 3)) == [200]
    refused = asked(MOST_HEADERS - 2)
    assert statuses(refused) == [431]
    assert message(refused) == f"the head has more than {MOST_HEADERS} headers"


def test_requests_that_are_sent_ahead_wait_unread(worker: Worker) -> None:
    ahead = [ask("GET", "/bytes/1") * (MOST_PIPELINED // 2) for _ in range(3)]
    with worker.connect(ask("GET", "/held"), ahead[0]) as plain:
        until(lambda: worker.answered == 1)
        plain.sendall(ahead[1])
        plain.sendall(ahead[2] + ask("GET", "/bytes/1", "connection: close"))
        worker.go_on.set()
        assert statuses(everything(plain)) == [200] * (2 + 3 * MOST_PIPELINED // 2)


def test_too_many_that_are_sent_ahead_are_not_stored(worker: Worker) -> None:
    ahead = ask("GET", "/bytes/1") * (2 * MOST_PIPELINED)
    with worker.connect(ask("GET", "/held") + ahead) as plain:
        assert everything(plain) == b""
    assert worker.answered == 1


def test_an_answer_that_nobody_reads_is_given_up(worker: Worker) -> None:
    with worker.connect(ask("GET", "/bytes/12000000"), buffer=4_096):
        until(lambda: worker.answered == 1)
        until(lambda: not worker.server.server_state.connections)
        assert statuses(worker.exchange(ask("GET", "/bytes/1", "connection: close"))) == [200]


def test_answers_that_nobody_reads_are_bounded_together() -> None:
    with running(ConnectionLimits(unsent_bytes=UNSENT)) as patient:
        for _ in range(6):
            patient.connect(ask("GET", "/bytes/9000000"), buffer=4_096)

        def unsent() -> list[int]:
            open_now = list(patient.server.server_state.connections)
            return [each.transport.get_write_buffer_size() for each in open_now]

        until(lambda: patient.answered == 6 and sum(unsent()) <= UNSENT)
        assert 0 < len(unsent()) < 6


def test_connections_without_a_request_make_room(worker: Worker) -> None:
    for each in range(3 * CONNECTIONS):
        worker.connect(b"GET / HT" if each % 2 else b"")
    assert statuses(worker.exchange(ask("GET", "/bytes/1", "connection: close"))) == [200]
    transports = [each.transport for each in list(worker.server.server_state.connections)]
    assert sum(not each.is_closing() for each in transports) <= CONNECTIONS


def test_connections_that_send_on_after_a_refusal_make_room(worker: Worker) -> None:
    refused = ask("POST", "/echo", "content-length: 50000", key="")
    for _ in range(3 * CONNECTIONS):
        worker.connect(refused)
    assert statuses(worker.exchange(ask("GET", "/bytes/1", "connection: close"))) == [200]


def test_where_all_connections_are_asking_a_new_one_is_refused(worker: Worker) -> None:
    begun = ask("POST", "/echo", "content-length: 50", body=b"{")
    for _ in range(CONNECTIONS):
        worker.connect(begun)
    until(lambda: worker.middleware.state.body_memory.used == CONNECTIONS)
    refused = worker.exchange(b"")
    assert (statuses(refused), message(refused)[:20]) == ([503], "too many connections")


def test_slow_bodies_take_no_slots(worker: Worker) -> None:
    begun = ask("POST", "/echo", "content-length: 50", body=b"{")
    for _ in range(8):
        worker.connect(begun)
    until(lambda: worker.middleware.state.body_memory.used == 8)
    request = ask("POST", "/echo", "content-length: 2", "connection: close", body=b"{}")
    assert statuses(worker.exchange(request)) == [200]


def test_one_key_leaves_slots_to_another(worker: Worker) -> None:
    held = []
    for number in (1, 2):
        held.append(worker.connect(ask("GET", "/held", "connection: close")))
        until(lambda number=number: worker.answered == number)  # type: ignore[misc]
    refused = worker.exchange(ask("GET", "/bytes/1", "connection: close"))
    assert statuses(refused) == [429]
    assert message(refused).startswith("this key has 2 requests in flight, and the rest is for")
    other = ask("GET", "/bytes/1", "connection: close", key=SHOP["key"])
    assert statuses(worker.exchange(other)) == [200]
    worker.go_on.set()
    assert [statuses(everything(each)) for each in held] == [[200], [200]]


def test_connections_that_break_leave_nothing_behind(worker: Worker) -> None:
    """What is left is looked at after each test."""
    for request in (
        ask("POST", "/echo", "content-length: 50", body=b"{"),
        ask("POST", "/echo", CHUNKED, body=b"5\r\n"),
        ask("GET", "/held"),
        ask("GET", "/bytes/9000000"),
        b"GET / HTTP",
    ):
        worker.connect(request).close()


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(1_024, 1_024 - RESERVED_DESCRIPTORS), (20, FEWEST_CONNECTIONS), (-1, 2**31)],
)
def test_connections_leave_descriptors_to_other_things(limit: int, expected: int) -> None:
    assert descriptors_for_connections(lambda _: (limit, limit)) == expected
