"""A mistake on a command line is one line, with the exit code of a mistake, also in a command's own flags."""

from __future__ import annotations

import pytest

from fermatkit.arguments import Arguments


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--nothing"], "program: unrecognized arguments: --nothing: see program --help\n"),
        (["--number", "five"], "program: argument --number: invalid int value: 'five': see program --help\n"),
        (["go"], "program go: the following arguments are required: where: see program go --help\n"),
    ],
)
def test_one_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = Arguments(prog="program")
    parser.add_argument("--number", type=int)
    parser.add_subparsers().add_parser("go").add_argument("where")
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(words)
    assert ended.value.code == 2
    assert capsys.readouterr() == ("", said)
