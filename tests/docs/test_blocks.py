"""Every spec in the documentation is run, and every piece of the kernel model that it shows is still there.

A ```dfr block may begin with the comment `// holds` (what is meant without one too), `// breaks DF101, DF303` (exactly
these, warnings apart) or `// not valid: some words of the complaint`. A ```kernel block is lines of `model/kernel/`. A
```console block is what the command says of the ```dfr block before it; `...` stands for lines that are left out. A
```smt2 block is lines of the certificate for DF201 of the ```dfr block before it. The
```python blocks of a page are run in order, as one program, each with the ```dfr block before it as `driver.dfr`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet
from defercheck.certify import certificates_of
from defercheck.check import Options, check_spec, examine, kernel_model, load, versions
from defercheck.grammar.span import Source, SpecError
from defercheck.grammar.tree import FunctionDecl
from defercheck.kernel import sources
from defercheck.sema.sugar import SOME
from defercheck.sema.words import INTERNAL

TOP = Path(__file__).parent.parent.parent
PAGES = ("README.md", "docs/language.md", "docs/semantics.md", "docs/architecture.md", "docs/api.md", "docs/proofs.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(kind: str) -> list[ParameterSet]:
    """The blocks of one kind on all pages, with the spec before each, named by their page and line."""
    found = []
    spec = ""
    for page in PAGES:
        text = (TOP / page).read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            if block[1] == kind:
                found.append(pytest.param(block[2], spec, id=f"{page}:{text.count(chr(10), 0, block.start()) + 2}"))
            spec = block[2] if block[1] == "dfr" else spec
    return found


@pytest.mark.parametrize(("text", "spec"), blocks("dfr"))
def test_spec(text: str, spec: str) -> None:
    first = text.splitlines()[0]
    if first == "// symbolic":  # a search cannot answer; the console block that follows does
        return
    if complaint := re.match(r"// not valid: (.*)", first):
        with pytest.raises(SpecError, match=re.escape(complaint[1])):
            check_spec(load(Source("block.dfr", text)), "6.1")
        return
    breaks = re.match(r"// breaks (.*)", first)
    due = set(breaks[1].split(", ")) if breaks else set()
    parsed = load(Source("block.dfr", text))
    for kernel in versions(parsed):
        result = check_spec(parsed, kernel)
        failed = [v for v in result.verdicts if v.outcome in ("violated", "unreached") and v.severity == "error"]
        assert {v.code for v in failed} == due
        assert not result.missing


@pytest.mark.parametrize(("text", "spec"), blocks("kernel"))
def test_kernel_model(text: str, spec: str) -> None:
    assert any(text.rstrip() in s.text for s in sources()), "the kernel model says something else now"


@pytest.mark.parametrize(("text", "spec"), blocks("console"))
def test_output(text: str, spec: str, tmp_path: Path) -> None:
    (tmp_path / "driver.dfr").write_text(spec, encoding="utf-8")
    for shown in re.split(r"^(?=\$ )", text, flags=re.MULTILINE)[1:]:
        command, *due = shown.splitlines()
        assert command.startswith("$ defercheck ") and "driver.dfr" in text
        run = subprocess.run(
            [sys.executable, "-X", "utf8", "-m", "defercheck", *command.split()[2:]],
            cwd=tmp_path,
            capture_output=True,
            env={**os.environ, "COLUMNS": "80"},
            encoding="utf-8",
        )
        in_order(due, run.stdout)


def in_order(due: list[str], text: str) -> None:
    """All lines are in the text, one after another; ``...`` stands for any that are between them."""
    said = iter(text.splitlines())
    for line in due:
        assert line == "..." or line in said, f"{line}\n is not where it is due in\n{text}"


NUMBERS = re.compile(r"(?<=transition )\d+|(?<=:)\d+(?=\))|(?<=[A-Za-z]\.)\d+\b")
"""Numbers that every change of the kernel model shifts: of transitions, lines and lemmas."""


@pytest.mark.parametrize(("text", "spec"), blocks("smt2"))
def test_certificate(text: str, spec: str) -> None:
    done = examine(load(Source("driver.dfr", spec)), "6.1", Options(prove=True))
    whole = certificates_of(done, Options())["DF201"]
    in_order(NUMBERS.sub("N", text).splitlines(), NUMBERS.sub("N", whole))


@pytest.mark.parametrize("page", [p for p in PAGES if "```python\n" in (TOP / p).read_text(encoding="utf-8")])
def test_python(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "docs"}
    for n, (code, spec) in enumerate(p.values for p in blocks("python") if str(p.id).startswith(page)):
        (tmp_path / "driver.dfr").write_text(str(spec), encoding="utf-8")
        file = tmp_path / f"block{n}.py"  # in a file, so that a builder finds its calls
        file.write_text(str(code), encoding="utf-8")
        exec(compile(str(code), str(file), "exec"), names)


def test_every_call_of_the_kernel_model_is_listed() -> None:
    """The reference names all functions that a spec may call."""
    page = (TOP / "docs/language.md").read_text(encoding="utf-8")
    names = {i.name.text for f in kernel_model() for i in f.items if isinstance(i, FunctionDecl)}
    kinds = ("_bh", "_irq", "_irqsave", "_irqrestore")
    listed = {*re.findall(r"\w+", page), *(f"spin_{verb}{kind}" for verb in ("lock", "unlock") for kind in kinds)}
    assert names - listed - INTERNAL - set(SOME.values()) - {"switch_in", "switch_out"} == set()
