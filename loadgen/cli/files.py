"""`loadgen report`, `merge` and `compare`: what is made of result files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec
from msgspec import structs

from fermatkit.errors import ExitCode, UserError
from loadgen import exports, hdr
from loadgen.cli.sides import sides
from loadgen.cli.table import table
from loadgen.compare import compare, unlike
from loadgen.merge import merge
from loadgen.record import Record, load
from loadgen.report.faces import as_html, as_json, as_markdown, preferred
from loadgen.report.model import report
from loadgen.report.words import LANGUAGES
from loadgen.results import ResultFile
from loadgen.say import say


def main(words: list[str]) -> int:
    """One of COMMANDS with its arguments; the exit code. UserError when it cannot be done."""
    args = _parser().parse_args(words)
    text = COMMANDS[args.command](args)
    if why := say(sys.stdout, text):
        say(sys.stderr, f"loadgen: the {args.command} could not be printed: {why}\n")
    return ExitCode.GOOD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="loadgen")
    commands = parser.add_subparsers(dest="command", required=True)
    reporting = commands.add_parser("report", help="a run's summary, also of one that was killed")
    reporting.add_argument("file", type=Path, metavar="FILE", help="a run.jsonl")
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
    comparing = commands.add_parser("compare", help="two runs of one plan side by side")
    comparing.add_argument("old", type=Path, metavar="OLD")
    comparing.add_argument("new", type=Path, metavar="NEW")
    comparing.add_argument("--anyway", action="store_true", help="though their plans or machines differ")
    comparing.add_argument("--json", action="store_true", help="as one JSON object")
    return parser


def _report(args: argparse.Namespace) -> str:
    record = load(args.file)
    if args.html:
        return as_html(report(record), args.lang)
    if args.markdown:
        return as_markdown(report(record), args.lang)
    if args.model:
        return as_json(report(record))
    if args.csv:
        return exports.rows(record)
    if args.prometheus:
        return exports.exposition(record.summed())
    if args.hdr:
        return hdr.log(record)
    return _summary(record, as_json=args.json)


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
    old, new = load(args.old), load(args.new)
    found = unlike(old, new)
    if found and not args.anyway:
        raise UserError(
            f"{args.old} and {args.new} cannot be compared: {'; '.join(found)} (--anyway does it)"
        )
    comparison = compare(old, new, found)
    return f"{msgspec.json.encode(comparison).decode() if args.json else sides(comparison)}\n"


COMMANDS = {"report": _report, "merge": _merge, "compare": _compare}
