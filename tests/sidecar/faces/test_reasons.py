"""Reasons in Spanish: ours and the system's translated, everything else quoted."""

from __future__ import annotations

import os
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.faces.reasons import _pattern, quoted, reason
from sidecar.faces.words import words
from support.reasons import constants
from support.reasons import given as given_by_code

EN, ES = words("en"), words("es")
COMPOSED = {
    "7 7 of them listen on port 7: 7",
    "7 is not answered as a Cloud Server does",
    "7 is not answered within 7 s",
    "7 who of them listens on port 7 cannot be told (needs two samples): 7",
    "7: 7",
    "its unit is 7 (result 7; 7)",
    "no process has '7' in its command line7",
    "pid 7 has only just started",
    "the sending process 7 before it answered",
}
"""What the code puts together from sentences of its own; as they really are they stand in the table below."""
GIVEN = sorted(set(given_by_code()) - COMPOSED)


REAL = [
    ("", ""),
    ("no pong within 1.5 s", "sin pong en 1,5 s"),
    ("Connection refused", "conexión rechazada"),
    ("/run/cloud.pid: is empty", "/run/cloud.pid: está vacío"),
    ("port 9090 is held by pid 7 (java)", "el puerto 9090 lo tiene el PID 7 (java)"),
    ("port 9090 is held by cups.service", "el puerto 9090 lo tiene cups.service"),
    (
        "port 9090 is held by somebody into whose process we may not look, of whom no pid can be seen",
        "el puerto 9090 lo tiene alguien cuyo proceso no podemos examinar, cuyo PID no se ve",
    ),
    ("port 9090: permission denied; it is closed by now", "puerto 9090: permiso denegado; ya está cerrado"),
    ("permission denied; it is closed by now", "permiso denegado; ya está cerrado"),
    ("registration refused: no more", "registro rechazado: «no more»"),
    ("everything: /state: Permission denied", "todo: /state: permiso denegado"),
    (
        "/run/cloud.pid: names pid 7, but Permission denied",
        "/run/cloud.pid: nombra el PID 7, pero permiso denegado",
    ),
    ("pid 7 (java) has only just started", "el PID 7 (java) acaba de arrancar"),
    ("the list request is not answered within 5 s", "la petición de lista no tiene respuesta en 5 s"),
    ("the registration is not answered within 5 s", "el registro no tiene respuesta en 5 s"),
    ("the handshake is not answered within 5 s", "el saludo no tiene respuesta en 5 s"),
    (
        "current/data is not answered as a Cloud Server does",
        "current/data no se responde como lo hace un Cloud Server",
    ),
    (
        ("its unit is failed (result exit-code; Restart=always, 4 restarts made, at most 5 starts in 600 s)"),
        (
            "su unidad está en failed (resultado exit-code; Restart=always, 4 reinicios hechos, como "
            "máximo 5 arranques en 600 s)"
        ),
    ),
    (
        "its unit is failed (result exit-code; Restart=no, 0 restarts made, at most 0 starts)",
        (
            "su unidad está en failed (resultado exit-code; Restart=no, 0 reinicios hechos, como "
            "máximo 0 arranques)"
        ),
    ),
    ("no process has 'x y' in its command line", "ningún proceso tiene 'x y' en su línea de comandos"),
    (
        (
            "no process has 'x' in its command line, as far as /proc shows them: it hides those of "
            "others from this user"
        ),
        (
            "ningún proceso tiene 'x' en su línea de comandos, hasta donde /proc los muestra: oculta "
            "los de otros a este usuario"
        ),
    ),
    (
        "2 processes have 'x' in their command line, and none of them listen on port 9090: 7 (a), 8 (b)",
        ("2 procesos tienen 'x' en su línea de comandos, y ninguno escucha en el puerto 9090: 7 (a), 8 (b)"),
    ),
    (
        "3 processes have 'x' in their command line, and 2 of them listen on port 9090: 7 (a), 8 (b)",
        (
            "3 procesos tienen 'x' en su línea de comandos, y 2 de ellos escuchan en el puerto 9090: "
            "7 (a), 8 (b)"
        ),
    ),
    (
        (
            "2 processes have 'x' in their command line, and who of them listens on port 9090 cannot "
            "be told (permission denied): 7 (a), 8 (b)"
        ),
        (
            "2 procesos tienen 'x' en su línea de comandos, y no se sabe cuál escucha en el puerto "
            "9090 (permiso denegado): 7 (a), 8 (b)"
        ),
    ),
    ("host-memory", "MÁQUINA SIN MEMORIA"),
    ("disk-low, host-memory", "POCO DISCO, MÁQUINA SIN MEMORIA"),
    ("disk-low, and more", "«disk-low, and more»"),
    ("550 5.7.1 relaying denied", "«550 5.7.1 relaying denied»"),
    ("/etc/x: what nobody knows", "«/etc/x: what nobody knows»"),
    ("StartUnit: Not of ours (Whatever)", "«StartUnit: Not of ours (Whatever)»"),
    ("it is closed by now; what nobody knows", "ya está cerrado; «what nobody knows»"),
    (
        "the sending process ended with exit code 1 before it answered",
        "el proceso de envío terminó con código de salida 1 antes de responder",
    ),
    (
        "the sending process was killed by signal 9 (Killed) before it answered",
        "al proceso de envío lo mató la señal 9 («Killed») antes de responder",
    ),
    ("Apprise does not say why", "Apprise no dice por qué"),
    *(
        (f"/state/memory.db: {one}", f"/state/memory.db: {ES.reason[one]}")
        for one in (
            "attempt to write a readonly database",
            "database disk image is malformed",
            "database is locked",
            "database or disk is full",
            "disk I/O error",
            "file is not a database",
            "unable to open database file",
        )
    ),
    ("Server disconnected", "el servidor cerró la conexión"),
    ("Access denied (AccessDenied)", "acceso denegado (AccessDenied)"),
    (
        "everything: /state/x.partial: nothing could be written: No space left on device",
        "todo: /state/x.partial: no se pudo escribir nada: no queda espacio en el dispositivo",
    ),
    (
        "nothing could be written: Read-only file system",
        "no se pudo escribir nada: sistema de archivos de solo lectura",
    ),
    ("can't start new thread", "no se puede crear un hilo nuevo"),
    (
        "D-Bus does not answer at /run/bus (Permission denied): let the sidecar's user open that socket",
        "D-Bus no responde en /run/bus (permiso denegado): permitir al usuario del sidecar abrir ese socket",
    ),
    (
        "D-Bus does not answer at /run/bus (Connection refused): start it (systemctl start dbus.socket)",
        "D-Bus no responde en /run/bus (conexión rechazada): arrancarlo (systemctl start dbus.socket)",
    ),
    (
        "start it (systemctl start dbus.socket), or install the package dbus",
        "arrancarlo (systemctl start dbus.socket), o instalar el paquete dbus",
    ),
    ("see what ails it (systemctl status dbus)", "ver qué le pasa (systemctl status dbus)"),
    (
        "it may not be acted on: KillUnit: Access denied (AccessDenied)",
        "no se permite actuar sobre él: KillUnit: acceso denegado (AccessDenied)",
    ),
    (
        "StartUnit: Unit cloud.service not found. (NoSuchUnit)",
        "StartUnit: no existe la unidad cloud.service (NoSuchUnit)",
    ),
    (
        "StartUnit: Interactive authentication required. (InteractiveAuthorizationRequired)",
        "StartUnit: hace falta autorización (InteractiveAuthorizationRequired)",
    ),
    ("StartUnit: not answered in time", "StartUnit: sin respuesta a tiempo"),
]
"""As they are told in a life."""


@pytest.mark.parametrize("why", GIVEN)
def test_every_reason_of_ours_is_known(why: str) -> None:
    said = reason(why, ES)
    assert said != why or why.startswith("HTTP ")
    assert set("".join(re.findall("«(.*?)»", said))) <= set("7 '")  # only what others said


def test_there_are_such_reasons() -> None:
    assert len(GIVEN) > 80
    assert "no pong within 7 s" in GIVEN


@pytest.mark.parametrize("english", ES.reason)
def test_a_reason_has_its_own_parts_in_both(english: str) -> None:
    assert parts(english) == parts(ES.reason[english])


def test_no_reason_stands_there_that_nobody_gives() -> None:
    """Beside those that the system or a library gives."""
    said = [*GIVEN, *(why for why, _ in REAL), *map(os.strerror, range(1, 134)), *constants()]
    # What stands before a reason, a file say, is no part of it; and of several each is one.
    whole = {
        part for why in said for one in (why, *why.split("; ")) for part in (one, one.partition(": ")[2])
    }
    assert [text for text in ES.reason if not any(_pattern(text).fullmatch(why) for why in whole)] == []


def parts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(("why", "said"), REAL)
def test_a_reason_in_spanish(why: str, said: str) -> None:
    assert reason(why, ES) == said


@pytest.mark.parametrize(
    "again", ["a: ", "a; ", "port 1: ", "unreadable: ", "not sampled; ", "a, ", "HTTP 1"]
)
def test_a_reason_without_an_end_is_quoted_and_does_no_harm(again: str) -> None:
    for length in (400, 401, 1_000_000):
        why = (again * length)[:length]
        assert "«" in reason(why, ES) or again == "not sampled; "
    assert reason(why, ES) == f"«{why}»"


@given(st.text())
def test_english_is_as_it_was_said(why: str) -> None:
    assert reason(why, EN) == why
    assert quoted(why, EN) == why


@given(st.text(min_size=1))
def test_whatever_is_said_can_be_told(why: str) -> None:
    assert reason(why, ES)
    assert quoted(why, ES) == f"«{why}»"


@pytest.mark.parametrize("number", [2, 5, 12, 13, 24, 28, 98, 104, 110, 111])
def test_the_commonest_of_the_system_are_known(number: int) -> None:
    assert "«" not in reason(os.strerror(number), ES)
