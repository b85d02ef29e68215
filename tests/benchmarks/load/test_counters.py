from __future__ import annotations

from struct import pack

from benchmarks.load.counters import SIZE, Counters, read, together


def test_a_page_is_read_in_the_order_of_the_server() -> None:
    page = pack("=9Q", *range(1, 10)) + b"more"
    assert read(page) == Counters(1, 2, 3, 4, 5, 6, 7, 8, 9)
    assert SIZE == 72


def test_several_servers_are_as_one_from_the_first_to_the_last() -> None:
    first = Counters(1, 2, 3, 4, 5, 6, first_accept=100, last_handshake=900, first_message=0)
    second = Counters(10, 20, 30, 40, 50, 60, first_accept=50, last_handshake=800, first_message=1000)
    assert together([first, second]) == Counters(11, 22, 33, 44, 55, 66, 50, 900, 1000)


def test_one_where_nothing_has_happened_yet_does_not_count_as_time_zero() -> None:
    assert together([Counters(), Counters(1, first_accept=50)]).first_accept == 50
    assert together([Counters(), Counters()]).first_accept == 0
