"""What a drill is done on: set up for it, or there already. With it comes the harm, ready to be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from loadgen.drills.cases import Case
from loadgen.drills.keeper import kept
from loadgen.drills.place import Place
from loadgen.drills.scene import Scene
from loadgen.drills.sink import listening

Staged = tuple[Place, Callable[[], None]]


@contextmanager
def own(case: Case) -> Iterator[Staged]:
    """A server and a sidecar of its own, both well. UserError."""
    with kept() as directory, listening() as sink:
        scene = Scene(
            directory,
            sink,
            habits=case.habits,
            limits=case.limits(),
            environment=case.environment,
            before=case.before(str(directory / "server")),
        )
        with scene.held:
            scene.start_sidecar()
            scene.proven()
            yield scene, partial(case.do, scene)


@contextmanager
def given(case: Case, place: Place) -> Iterator[Staged]:
    """Somebody else's. `Case.anywhere` has to be."""
    assert case.anywhere is not None  # noqa: S101 - who has not is left out before
    yield place, partial(case.anywhere, place)
