"""The stored parse table is the grammar's."""

from __future__ import annotations

import json
import subprocess
import sys

from defercheck.grammar import tables


def test_the_stored_table_is_fresh() -> None:
    grammar = tables.grammar_path().read_text("utf-8")
    stored = json.loads(tables.stored_path().read_text("utf-8"))
    assert stored == tables.make_table(grammar), "run: python -m defercheck.grammar.tables"


def test_a_stale_table_is_made_anew(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "dfr.json"
    path.write_text('{"grammar": "of yesterday"}')
    monkeypatch.setattr(tables, "stored_path", lambda: path)
    tables.load_table.cache_clear()
    try:
        assert "irq" in tables.load_table().terminals
        path.unlink()
        tables.load_table.cache_clear()
        assert "irq" in tables.load_table().terminals
    finally:
        tables.load_table.cache_clear()


def test_parsing_does_not_import_lark() -> None:
    code = "import sys; from defercheck.grammar.parser import parse; parse('cpus 2;'); print('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
