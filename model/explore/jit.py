"""From IR text to machine code."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from defercheck.explore.control import Control


class Program:
    """Compiled IR: its functions and globals. It must outlive every address taken from it."""

    def __init__(self, ir: str, level: int):
        """Compile. ``level`` is how hard to optimise, 0 to 3; ``RuntimeError`` when LLVM rejects the text."""
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        module = llvm.parse_assembly(ir)
        target = llvm.Target.from_default_triple()
        machine = target.create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=level
        )
        module.triple = machine.triple
        module.data_layout = str(machine.target_data)
        options = llvm.create_pipeline_tuning_options(speed_level=level)
        options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = False
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
        self._engine: Any = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()
        self.control = Control.from_address(self.address("control"))

    def address(self, name: str) -> int:
        """Where a global lies."""
        return self._engine.get_global_value_address(name)

    def function(self, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
        """A function, callable from Python; it runs without the interpreter's lock."""
        return ctypes.CFUNCTYPE(result, *arguments)(self._engine.get_function_address(name))
