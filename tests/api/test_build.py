"""Specs built in Python: the text that comes of the calls, and complaints that name them."""

from __future__ import annotations

import defercheck
import pytest
from defercheck import Builder
from defercheck.grammar.parser import parse

EVERYTHING = """\
kernel "2.6.20", "6.1";

cpus 2;

option preempt = voluntary;

int<0..3> packets = 2;

bool up = true;

spinlock_t lock;

struct device {
    bool busy;
} dev;

void handle(unsigned long unused) {
    packets = 0;
}

tasklet rx {
    handle(0);
}

irq line on cpu 1 times 3 {
    tasklet_schedule(&rx);
}

softirq NET_RX { }

thread t on cpu 0 {
    raise_softirq(NET_RX_SOFTIRQ);
}

module {
    init {
        return 0;
    }
    exit { }
}

invariant i: packets < 3;

never n: packets == 1;

cover c: packets == 0;

final f: packets == 0;

eventually e: packets == 0;

l: up ~> packets == 0;

expect DF304 on "6.1";

allow DF306 "so";
"""


def test_every_item() -> None:
    b = Builder("all", kernel=("2.6.20", "6.1"), cpus=2)
    b.add("option preempt = voluntary;")
    packets = b.var("int<0..3>", "packets", 2)
    b.var("bool", "up", True)
    assert b.var("spinlock_t", "lock") == "lock"
    assert b.struct("device", "bool busy;", "dev") == "dev"
    handle = b.function("void handle(unsigned long unused)", f"{packets} = 0;")
    rx = b.tasklet("rx", f"{handle}(0);")
    b.irq("line", f"tasklet_schedule(&{rx});", cpu=1, times=3)
    vector = b.softirq("NET_RX", "")
    b.thread("t", f"raise_softirq({vector});", cpu=0)
    b.module(init="return 0;")
    b.invariant("i", "packets < 3")
    b.never("n", "packets == 1")
    b.cover("c", "packets == 0")
    b.final("f", "packets == 0")
    b.eventually("e", "packets == 0")
    b.leads_to("l", "up", "packets == 0")
    b.expect("DF304", "6.1")
    b.allow("DF306", "so")
    assert b.spec().text == EVERYTHING


def test_what_is_built_is_what_would_be_written() -> None:
    b = Builder("chain")
    names = [b.tasklet(f"t{n}", "") for n in range(3)]
    b.irq("nic", "\n".join(f"tasklet_schedule(&{name});" for name in names), times=1)
    b.cover("all_wait", " && ".join(f"pending({name})" for name in names))
    spec = b.spec()
    written = defercheck.parse(spec.text, "chain")
    assert written.tree == parse(spec.text, "chain") == spec.tree
    assert [v.outcome for v in spec.check().verdicts] == [v.outcome for v in written.check().verdicts]
    defercheck.assert_covers(spec, "all_wait")


def test_a_wrong_form_is_the_calls_own_error() -> None:
    b = Builder("x")
    with pytest.raises(defercheck.SpecError) as caught:
        b.tasklet("rx", "msleep(1)")
    (diagnostic,) = caught.value.diagnostics
    ((said, call),) = diagnostic.notes
    assert said == "built by this call"
    assert call is not None
    assert call.source.name.endswith("test_build.py")
    assert call.text == 'b.tasklet("rx", "msleep(1)")'
    b.tasklet("rx", "msleep(1);")  # and what was wrong is not in the spec
    assert b.spec().text.count("tasklet rx") == 1


def test_a_wrong_meaning_names_the_call() -> None:
    b = Builder("x")
    b.tasklet("rx", "")
    b.irq(
        "nic",
        "tasklet_schedule(&tx);",
    )
    spec = b.spec()
    for ask in (spec.check, spec.check_all, spec.system, spec.explore, spec.graph):
        with pytest.raises(defercheck.SpecError, match="cannot find `tx`") as caught:
            ask()
        ((_, call),) = caught.value.diagnostics[0].notes
        assert call is not None
        assert call.text.startswith("b.irq(")
        assert call.text.endswith(")")
        assert "built by this call" in caught.value.__notes__[0]


def test_without_a_source_file_the_call_still_has_a_line() -> None:
    code = compile("from defercheck import Builder\nb = Builder('x')\nb.add('tasklet {')\n", "<nowhere>", "exec")
    with pytest.raises(defercheck.SpecError) as caught:
        exec(code)
    call = caught.value.diagnostics[0].notes[0][1]
    assert repr(call) == "<nowhere>:3:1"
    assert caught.value.__notes__
