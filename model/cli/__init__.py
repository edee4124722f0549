"""The command ``defercheck``. Each subcommand is imported only when it is used."""

from __future__ import annotations

from defercheck.cli.group import DefaultGroup, Entry

COMMANDS = {
    "check": Entry("defercheck.cli.check:check", "Check specs (the default: `defercheck driver.dfr`)."),
    "prove": Entry("defercheck.cli.prove:prove", "Check specs and let Z3 prove what holds."),
    "bmc": Entry("defercheck.cli.prove:bmc", "Let Z3 search for short schedules that break a rule."),
    "verify": Entry("defercheck.cli.prove:verify", "Check certificates of proofs again."),
    "lock": Entry("defercheck.cli.lock:lock", "Write down what specs say, for `check --locked`."),
    "fmt": Entry("defercheck.cli.fmt:fmt", "Format specs."),
    "compile": Entry("defercheck.cli.inspect:compile_", "Show the transition system of a spec."),
    "export": Entry("defercheck.cli.inspect:export", "Write a spec in another tool's language."),
    "graph": Entry("defercheck.cli.inspect:graph", "Draw the reachable states of a spec."),
    "rules": Entry("defercheck.cli.explain:rules", "List the rules."),
    "explain": Entry("defercheck.cli.explain:explain", "Explain a rule: `defercheck explain DF301`."),
}

EPILOG = """\
Exit codes: 0 all hold or are as expected, 1 a violation, 2 the spec or the command line is wrong,
3 undetermined (a limit was hit), 4 internal error, 130 interrupted."""

cli = DefaultGroup(
    name="defercheck",
    entries=COMMANDS,
    default="check",
    help="Check the code that the Linux kernel runs later: softirqs, tasklets, interrupt handlers and what they share "
    "with threads. `defercheck driver.dfr` tries every interleaving and shows a shortest schedule that breaks a rule.",
    epilog=EPILOG,
)


def main() -> None:
    """The entry point: runs the command and exits with its code."""
    cli.main(prog_name="defercheck")
