from __future__ import annotations

from msgspec import structs

from fermatkit.measures import Measure
from loadgen.capacity.predict import of_generator, of_server, used
from loadgen.capacity.result import Limit
from loadgen.limits import Machine, budget
from loadgen.record import Record
from loadgen.watched import Sample, Server
from support.loads import record, run, second

BARE = record(run(), [second(1.0)])


def watched(*readings: dict[Measure, float], about: str = "") -> Record:
    """Each look in a second that began and ended with as many clients as the server had connections."""
    samples = tuple(
        Sample(at=2.0 * at + 1, readings={str(key): value for key, value in one.items()})
        for at, one in enumerate(readings)
    )
    seconds = tuple(
        second(float(2 * at + end), registered=int(one.get(Measure.ESTABLISHED, 0)))
        for at, one in enumerate(readings)
        for end in (0, 1)
    )
    return structs.replace(
        BARE, seconds=seconds, samples=samples, server=Server(seen_by="pid 7", about={"Command": about})
    )


def limit(found: tuple[Limit, ...], measure: Measure) -> Limit:
    (one,) = [one for one in found if one.resource == measure]
    return one


def test_descriptors_are_those_that_are_left_one_a_client():
    """As measured on the real server: 70 + clients (real-cloud-server.md §2)."""
    first = {Measure.FDS: 70.0, Measure.ESTABLISHED: 0.0, Measure.FDS_LIMIT: 1024.0}
    found = limit(
        of_server(watched(first, first | {Measure.FDS: 170.0, Measure.ESTABLISHED: 100.0})), Measure.FDS
    )
    assert found.clients == 954  # a look while nobody was there says nothing
    assert found.why == "1,024 descriptors, less 70 that it has anyway, one a client"


def test_a_heap_of_512_mib_is_for_some_44000_clients_and_the_last_xmx_counts():
    """The real server's notes extrapolate "near 40,000" (real-cloud-server.md §3)."""
    found = limit(of_server(watched({}, about="java -Xmx1g -Xmx512m -jar server.jar")), Measure.GC)
    assert found.clients == (512 * 2**20 - 10_500_000) // 12_000 == 43_864
    assert limit(of_server(watched({}, about="java -jar server.jar")), Measure.GC).clients is None


def test_threads_that_do_not_follow_clients_are_no_limit_of_theirs():
    few = {
        Measure.ESTABLISHED: 0.0,
        Measure.THREADS: 100.0,
        Measure.USER_TASKS: 100.0,
        Measure.USER_TASKS_LIMIT: 400.0,
    }
    steady = limit(
        of_server(watched(few, few | {Measure.ESTABLISHED: 1000.0, Measure.THREADS: 104.0})), Measure.THREADS
    )
    assert steady.clients is None
    assert steady.why == "104 at 1,000 clients, 100 at 0: they do not follow clients"
    many = few | {Measure.ESTABLISHED: 100.0, Measure.THREADS: 200.0, Measure.USER_TASKS: 200.0}
    assert limit(of_server(watched(few, many)), Measure.THREADS).clients == 300
    unlimited = {Measure.ESTABLISHED: 100.0, Measure.THREADS: 200.0}
    found = limit(
        of_server(watched({Measure.ESTABLISHED: 0.0, Measure.THREADS: 100.0}, unlimited)), Measure.THREADS
    )
    assert (found.clients, found.why) == (None, "1.00 a client, and no limit is known")


def test_the_lowest_comes_first_and_what_nobody_knows_last():
    first = {Measure.FDS: 170.0, Measure.ESTABLISHED: 100.0, Measure.FDS_LIMIT: 1024.0}
    found = of_server(watched(first, about="-Xmx512m"))
    assert [one.resource for one in found] == [Measure.FDS, Measure.GC, Measure.THREADS]
    assert [one.clients for one in of_server(BARE)] == [None] * 3
    assert limit(of_server(BARE), Measure.FDS).why == "nobody watched the server"


def test_how_much_was_in_use_is_told_of_what_is_known():
    first = {Measure.FDS: 512.0, Measure.ESTABLISHED: 442.0, Measure.FDS_LIMIT: 1024.0}
    run_of = watched(first, about="-Xmx512m")
    assert [one.used for one in used(of_server(run_of), run_of)] == [0.5, None, None]
    assert [one.used for one in used(of_server(run_of), None)] == [None] * 3


def test_the_generators_own_limit_names_what_it_lacks():
    machine = Machine(open=10, descriptors=1100, ports=28_000, sources=1, memory=2**40)
    found = of_generator(1000, budget(1001, machine))
    assert (found.clients, found.why) == (1000, "this machine has no file descriptors for more")
