"""`python -m engine audit`: erase people and measure what is left."""

import argparse
from pathlib import Path
from typing import Any

from engine.audit import QUESTIONS, default_questions, metrics
from engine.audit.figures import Figures, look_up
from engine.cli.common import (
    ProgressLine,
    add_forget_options,
    check_writable,
    chosen,
    say_odd,
    wanted_names,
    workspace_of,
)
from engine.cli.gate import Gate, add_gate_options
from engine.cli.options import add_workspace_options
from engine.cli.report import add_page_options, compared_rows, written_out
from engine.cli.schedule import add_schedule_options, scheduled
from engine.erasure import METHODS
from engine.erasure.esc import METHOD
from engine.erasure.files import save
from engine.errors import LetheError
from engine.report import reading, table
from engine.report.evidence import measure
from engine.said import listed as people_listed
from engine.service.service import Service
from engine.service.visit import Visit
from engine.steps import load_steps, planned, save_steps, steps_of
from engine.view import View
from engine.workspace import Workspace

FLAGS = ("rank", "p", "loss", "lr", "steps", "threshold")


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser("audit", help="erase people and measure what is left")
    add_workspace_options(parser)
    add_schedule_options(add_forget_options(parser, steps=True), parser)
    parser.add_argument("--method", default=METHOD.name, help=", ".join(METHODS))
    strength = parser.add_mutually_exclusive_group()
    strength.add_argument("--rank", metavar="auto|K", help="directions to remove (esc)")
    strength.add_argument("--p", type=float, help="percent of the dimension, as in the paper (esc)")
    parser.add_argument("--loss", choices=("ce", "penalised"), help="of esc-t")
    parser.add_argument("--lr", type=float, help="step size (esc-t)")
    parser.add_argument("--steps", type=int, help="epochs at most (esc-t)")
    parser.add_argument("--threshold", type=float, help="mask entries below it are cut (esc-t)")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any option of the method, see `python -m engine list`",
    )
    parser.add_argument(
        "--questions",
        metavar="A,B",
        help=f"what to measure, of {', '.join(QUESTIONS)}, or all (default: "
        f"{_named('always')}, and where they can be had {_named('for the verdict')})",
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the report as JSON")
    add_page_options(parser)
    parser.add_argument(
        "--save-steps",
        type=Path,
        metavar="OUT",
        help="write who was forgotten how, for --redo and the page to do it again",
    )
    parser.add_argument(
        "--steps-by",
        default="name",
        choices=("name", "photo"),
        help="whether saved steps call people by name or by the hash of a photo (name)",
    )
    parser.add_argument("--save", type=Path, metavar="OUT", help="write the eraser as safetensors")
    parser.add_argument(
        "--fail-above",
        action="append",
        default=[],
        metavar="METRIC=VALUE",
        help="exit with 1 when the figure after the deletion is above it, e.g. kr.forget_test=0.4",
    )
    add_gate_options(parser)
    parser.set_defaults(run=run)


def _named(asked: str) -> str:
    return ", ".join(name for name, one in QUESTIONS.items() if one.asked == asked)


def run(args: argparse.Namespace) -> int:
    """Run the audit; 1 when a limit of --fail-above or --policy is not kept, else 0."""
    gates = [_gate(text) for text in args.fail_above]
    options = _options(args)
    if args.method not in METHODS:
        raise LetheError(f"There is no method {args.method!r}; choose of {', '.join(METHODS)}.")
    METHODS[args.method].resolve(options)
    wanted_names(args)
    check_writable(args.json, args.html, args.save, args.save_steps)
    gate, schedule = Gate(args), scheduled(args)
    rows = compared_rows(args)
    again = load_steps(args.redo) if args.redo else None
    if again is not None and (options or args.method != METHOD.name):
        raise LetheError("--redo says by itself how to forget; leave the method's options out.")
    line = ProgressLine()
    try:
        space = workspace_of(args, line)
        plan = None if again is None else planned(space, again)
        if schedule is not None:
            labels = schedule.people(space, args.method, options)
        elif plan is not None:
            labels = tuple(label for people, _ in plan for label in people)
        else:
            labels = chosen(args, space)
        visit = Visit(Service(), space)
        visit.choose(labels)
        view = visit.state.view(labels)
        questions = gate.questions(_questions(args.questions, view), view)
        _check_gates(gates, questions, space, labels)
        before = measure(visit, questions, line).before
        for key, _ in gates:
            _figure(before, key)
        if schedule is not None:
            schedule.play(visit, questions, line)
        elif plan is None:
            visit.forget(labels, args.method, options, line)
        for people, step in plan or ():
            visit.forget(people, step.method, step.options, line)
        state, measured = visit.state, measure(visit, questions, line)
        after = measured.after or {}
        document = written_out(
            args, visit, questions, rows, line, schedule.data(space.gallery) if schedule else {}
        )
    finally:
        line.done()
    print(_heading(document))
    print()
    print(say_odd(space))
    print()
    print(table(before, after))
    if schedule is not None:
        print(f"\n{schedule.told(space.gallery)}")
    for warning in state.steps[-1].eraser.warnings:
        print(f"\nWarning: {warning}")
    if space.features.remarks:
        notes = space.features.remarks
        what = "photo deserves a word" if len(notes) == 1 else "photos deserve a word"
        shown = "; ".join(f"{one.key}: {one.reason}" for one in notes[:3])
        more = f"; and {len(notes) - 3} more in the JSON" if len(notes) > 3 else ""
        print(f"\n{len(notes)} {what} ({shown}{more}).")
    if args.save:
        save(state.steps[-1].eraser, args.save)
    if args.save_steps:
        save_steps(steps_of(state, args.steps_by), args.save_steps)
    failed = 0
    for key, limit in gates:
        value = _figure(after, key)
        if value > limit:
            print(f"\nFailed: {key} is {value:.4f} after the deletion, above {limit:g}.")
            failed = 1
    failed |= gate.judged(state, measured)
    print(f"\n{reading(state, before, after).text}")
    return failed


def _heading(document: dict) -> str:
    gallery, eraser = document["gallery"], document["eraser"]
    who = ", ".join(name.replace("_", " ") for name in document["forget"])
    facts = [f"rank {eraser['rank']}"]
    parameters = eraser["parameters"]
    if "entries_cut" in parameters:
        facts = [
            f"{parameters['entries_cut']} of {parameters['entries']} entries cut",
            f"stopped after {parameters['epochs_run']} epochs: {parameters['stopped']}",
        ]
    return (
        f"{gallery['name']}: {gallery['identities']} people, {gallery['photos_train']} enrolled "
        f"and {gallery['photos_test']} test photos, {document['backbone']['name']} "
        f"({document['backbone']['dimension']} dimensions)\n"
        f"Forgotten: {who}\n"
        f"By {eraser['method']}: {', '.join(facts)}, {eraser['seconds']:.3f} s"
    )


def _options(args: argparse.Namespace) -> dict[str, Any]:
    options = {name: getattr(args, name) for name in FLAGS if getattr(args, name) is not None}
    if "p" in options:
        options["rank"] = "paper"
    for pair in args.option:
        name, equals, value = pair.partition("=")
        if not equals:
            raise LetheError(f"--option takes NAME=VALUE, not {pair!r}.")
        options[name] = value
    return options


def _questions(text: str | None, view: View) -> tuple[str, ...]:
    if text is None:
        return default_questions(view)
    if text.strip() == "all":
        return tuple(name for name, one in QUESTIONS.items() if one.possible(view))
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in QUESTIONS:
            raise LetheError(f"There is no question {name!r}; ask one of {', '.join(QUESTIONS)}.")
    return names


def _gate(text: str) -> tuple[str, float]:
    key, _, limit = text.partition("=")
    try:
        return key.strip(), float(limit)
    except ValueError:
        raise LetheError(
            f"--fail-above takes METRIC=VALUE, for example kr.forget_test=0.4, not {text!r}."
        ) from None


def _figure(figures: Figures, key: str) -> float:
    """The figure `question.figure`. Raises `LetheError` when the audit has no such number."""
    value = look_up(figures, key)
    if value is None:
        known = ", ".join(one for one, metric in metrics().items() if metric.question in figures)
        raise LetheError(f"This audit has no figure {key!r}; it has for example {known}.")
    return value


def _check_gates(
    gates: list[tuple[str, float]],
    questions: tuple[str, ...],
    space: Workspace,
    labels: tuple[int, ...],
) -> None:
    """Raises `LetheError` for a gate on a figure that will not be there, before the work starts."""
    features = space.features
    tested = features.labels[~features.train].tolist()
    for key, _ in gates:
        if key.partition(".")[0] not in questions:
            raise LetheError(
                f"--fail-above names {key!r}, but only {', '.join(questions)} are measured; "
                "add its question with --questions."
            )
        if ".forget" in key and not set(labels) & set(tested):
            who = people_listed([space.gallery.display(label) for label in labels])
            raise LetheError(
                f"There is no test photo of {who}, so that {key} cannot be measured; add photos "
                "until they have three."
            )
