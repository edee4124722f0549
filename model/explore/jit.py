"""From IR text to machine code."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Mapping
from typing import Any

CLEAN_UP = ("sroa", "instruction_combine", "simplify_cfg", "new_gvn", "dead_code_elimination", "simplify_cfg")
"""The passes that pay on this code: as fast as LLVM's standard -O2 pipeline made it, in a third of its time."""
COST = 35e-6
"""Seconds that optimised compilation takes for a line of IR, roughly."""


class Program:
    """Compiled IR. It must outlive every function taken from it."""

    def __init__(self, ir: str, shared: Mapping[str, int], optimise: bool):
        """Compile, with external globals at the addresses given. Not to ``optimise`` is five to ten times as fast
        and makes code that takes up to twice as long. ``RuntimeError`` when LLVM rejects the text."""
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        module = llvm.parse_assembly(ir)
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(),
            features=llvm.get_host_cpu_features().flatten(),
            opt=2 if optimise else 0,
        )
        module.triple = machine.triple
        module.data_layout = str(machine.target_data)
        passes = llvm.create_new_module_pass_manager()
        for name in ("always_inliner", *(CLEAN_UP if optimise else ())):
            getattr(passes, f"add_{name}_pass")()
        passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=1)))
        self._engine: Any = llvm.create_mcjit_compiler(module, machine)
        for name, address in shared.items():
            self._engine.add_global_mapping(module.get_global_variable(name), address)
        self._engine.finalize_object()

    def function(self, name: str, arguments: int) -> Callable[..., int]:
        """A function, callable from Python: all take and give 64-bit integers. It runs without the interpreter's
        lock."""
        kind = ctypes.CFUNCTYPE(ctypes.c_uint64, *[ctypes.c_uint64] * arguments)
        return kind(self._engine.get_function_address(name))


class Tiers:
    """Code that is there at once, and good when it is used a lot.

    It is compiled without optimisation and, when it has run for as long as optimising will take, once more: so the
    total is never much more than twice what the better of the two choices would have taken.
    """

    def __init__(self, ir: str, shared: Mapping[str, int]):
        """All that the code remembers between two calls must lie in ``shared``."""
        self.seconds = 0.0
        self._ir, self._shared = ir, shared
        self._left = COST * ir.count("\n")
        self._program: Program | None = None
        self._optimised = False

    def call(self, name: str, *arguments: int) -> int:
        """Call a function of the present version. The first call compiles: Ctrl-C may come then as later."""
        if self._program is None:
            self._program = self._compile()
        elif self._left < 0 and not self._optimised:
            self._optimised = True
            self._program = self._compile()
        begun = time.monotonic()
        result = self._program.function(name, len(arguments))(*arguments)
        self._left -= time.monotonic() - begun
        return result

    def _compile(self) -> Program:
        begun = time.monotonic()
        program = Program(self._ir, self._shared, self._optimised)
        self.seconds += time.monotonic() - begun
        return program
