"""`loadgen report`, `merge` and `compare`: what is made of result files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec
from msgspec import structs

from fermatkit.arguments import Arguments
from fermatkit.errors import ExitCode, UserError
from loadgen import exports, hdr
from loadgen.cli.sides import sides, told
from loadgen.cli.table import table
from loadgen.compare import compare, unlike
from loadgen.judging import Sense, judged
from loadgen.merge import merge
from loadgen.record import Record, load
from loadgen.report.faces import as_html, as_json, as_markdown, preferred
from loadgen.report.folder import Found, find
from loadgen.report.model import Report, report
from loadgen.report.words import LANGUAGES
from loadgen.results import NAME, ResultFile
from loadgen.say import say
from loadgen.verdict import Word


def main(words: list[str]) -> int:
    """One of COMMANDS with its arguments; the exit code. UserError when it cannot be done."""
    args = _parser().parse_args(words)
    args.code = ExitCode.GOOD
    text = COMMANDS[args.command](args)
    if why := say(sys.stdout, text):
        say(sys.stderr, f"fermat-loadgen: the {args.command} could not be printed: {why}\n")
    return ExitCode(args.code)


def _parser() -> argparse.ArgumentParser:
    parser = Arguments(prog="fermat-loadgen")
    commands = parser.add_subparsers(dest="command", required=True)
    reporting = commands.add_parser("report", help="a run's summary, also of one that was killed")
    reporting.add_argument(
        "file", type=Path, metavar="FILE", help="a run.jsonl, or a folder of it, of a search, of drills"
    )
    form = reporting.add_mutually_exclusive_group()
    form.add_argument("--html", action="store_true", help="the report: one page that needs nothing else")
    form.add_argument("--markdown", action="store_true", help="the report, without its charts")
    form.add_argument("--model", action="store_true", help="all that the report says, as one JSON object")
    form.add_argument("--json", action="store_true", help="the summary as one JSON object")
    form.add_argument("--csv", action="store_true", help="a row for each second and operation")
    form.add_argument("--prometheus", action="store_true", help="the summary in Prometheus' text format")
    form.add_argument("--hdr", action="store_true", help="an HdrHistogram log, version 2, of each second")
    reporting.add_argument(
        "--lang", choices=LANGUAGES, default=preferred(), help="of page and Markdown (%(default)s)"
    )
    merging = commands.add_parser("merge", help="runs of one plan, each machine's shard, as one run")
    merging.add_argument("files", type=Path, metavar="FILE", nargs="+")
    merging.add_argument("-o", "--out", type=Path, metavar="OUT", help="write it as a result file, a new one")
    merging.add_argument("--json", action="store_true", help="print the summary as one JSON object")
    comparing = commands.add_parser(
        "compare", help="two runs of one plan side by side, or better, worse, no difference of several"
    )
    comparing.add_argument("old", type=Path, metavar="OLD", help="a run.jsonl, or a folder with several runs")
    comparing.add_argument("new", type=Path, metavar="NEW", help="likewise")
    comparing.add_argument(
        "--baseline",
        action="store_true",
        help="OLD is the mark: exit code 1 if NEW is worse, 4 if it is not clear",
    )
    comparing.add_argument("--anyway", action="store_true", help="though their plans or machines differ")
    comparing.add_argument("--json", action="store_true", help="as one JSON object")
    return parser


def _report(args: argparse.Namespace) -> str:
    found = find(args.file)
    record = found.record
    if args.html:
        return as_html(_told(found), args.lang)
    if args.markdown:
        return as_markdown(_told(found), args.lang)
    if args.model:
        return as_json(_told(found))
    if args.csv:
        return exports.rows(record)
    if args.prometheus:
        return exports.exposition(record.summed())
    if args.hdr:
        return hdr.log(record)
    return _summary(record, as_json=args.json)


def _told(found: Found) -> Report:
    return report(found.record, found.capacity, found.drills, found.loads)


def _summary(record: Record, *, as_json: bool) -> str:
    summary = record.summed()
    return f"{msgspec.json.encode(summary).decode() if as_json else table(summary)}\n"


def _merge(args: argparse.Namespace) -> str:
    merged = merge([load(file) for file in args.files], [str(file) for file in args.files])
    if args.out is not None:
        merged = _write(merged, args.out)
    return _summary(merged, as_json=args.json)


def _write(record: Record, path: Path) -> Record:
    record = structs.replace(record, summary=structs.replace(record.summed(), result_file=str(path)))
    try:
        with path.open("xb", buffering=0) as out:
            file = ResultFile(path, out)
            for line in record.lines():
                file.write(line)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}; name another -o") from error
    if file.problem:
        raise UserError(file.problem)
    return record


def _compare(args: argparse.Namespace) -> str:
    old, new = _runs(args.old), _runs(args.new)
    found = sorted({reason for one in (*old[1:], *new) for reason in unlike(old[0], one)})
    if found and not args.anyway:
        raise UserError(
            f"{args.old} and {args.new} cannot be compared: {'; '.join(found)} (--anyway does it)"
        )
    judgement = judged(old, new)
    if args.baseline:
        args.code = GATE[judgement.sense]
    if len(old) == len(new) == 1:
        comparison = compare(old[0], new[0], found)
        shown = msgspec.json.encode(comparison).decode() if args.json else sides(comparison)
    else:
        shown = msgspec.json.encode(judgement).decode() if args.json else told(judgement, found)
    return f"{shown}\n"


GATE = {
    Sense.BETTER: ExitCode.GOOD,
    Sense.SAME: ExitCode.GOOD,
    Sense.WORSE: ExitCode.UNHEALTHY,
    Sense.UNKNOWN: ExitCode.INVALID_RUN,
}
"""What `compare --baseline` ends with."""


def _runs(path: Path) -> list[Record]:
    """The run in a file, or all runs in a folder and below; those that prove nothing are left out."""
    if not path.is_dir():
        return [load(path)]
    records = [load(file) for file in sorted(path.rglob(NAME))]
    good = [record for record in records if record.summed().verdict in {Word.PASS, Word.FAIL}]
    if not good:
        why = f"its {len(records)} runs prove nothing" if records else f"there is no {NAME} in it"
        raise UserError(f"{path} has no run to compare: {why}")
    return good


COMMANDS = {"report": _report, "merge": _merge, "compare": _compare}
