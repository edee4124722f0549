"use strict";
// The page of a report: one check at a time, one verdict of it, one step of that verdict's schedule.

const report = JSON.parse(document.getElementById("report").textContent);
const DEPTH = { thread: 0, softirq: 1, hardirq: 2 };
const at = { result: 0, verdict: -1, row: 0 };
const $ = (id) => document.getElementById(id);

function element(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

const result = () => report.results[at.result];
const verdict = () => result().verdicts?.[at.verdict];

/** The lines of the schedule: the driver's statements, or each step of its own. */
function rows() {
  const v = verdict();
  if (!v?.trace) return [];
  return $("fine").checked
    ? v.trace.map((s, i) => ({ first: i, last: i, text: s.label }))
    : v.rows.map((r) => ({ first: r.first - 1, last: r.last - 1, text: r.text }));
}

function look(v) {
  if (v.outcome === "violated" || v.outcome === "unreached") return v.expected ? "good" : "bad";
  return v.outcome === "undetermined" ? "unknown" : v.trace ? "good" : "";
}

function showResults() {
  $("results").replaceChildren(...report.results.map((r, i) => {
    const option = element("option", "", `${r.spec}${r.kernel ? ` on Linux ${r.kernel}` : ""}: ${r.status}`);
    option.value = i;
    return option;
  }));
}

function showResult() {
  const r = result();
  $("results").value = at.result;
  $("standing").textContent = r.standing ?? "";
  $("standing").title = (r.assumptions ?? []).join("\n");
  const told = (r.verdicts ?? []).map((v, i) => ({ v, i })).filter(({ v }) => v.trace || look(v));
  $("verdicts").replaceChildren(...told.map(({ v, i }) => {
    const name = v.name === "" ? v.code : `${v.code} ${v.name}`;
    const b = element("button", look(v), v.outcome === "reached" ? `reached: ${v.name}` : name);
    b.disabled = !v.trace;
    b.dataset.verdict = i;
    b.onclick = () => go({ verdict: i, row: 0 });
    return b;
  }));
  if (!verdict()?.trace) at.verdict = told.find(({ v }) => v.trace)?.i ?? -1;
}

function showFinding() {
  const v = verdict();
  for (const b of $("verdicts").children) b.setAttribute("aria-pressed", Number(b.dataset.verdict) === at.verdict);
  if (!v) {
    const said = result().diagnostics?.map((d) => d.message).join("; ") || result().error;
    $("finding").replaceChildren(element("p", "", said || "Nothing to show: no property has a schedule."));
    return;
  }
  const parts = [element("h2", look(v), `${v.outcome === "reached" ? "reached" : v.code}: ${v.name}`)];
  if (v.message) parts.push(element("p", "", v.message));
  if (v.fairness?.length) parts.push(element("p", "", `the loop is fair: ${v.fairness.join("; ")}`));
  if (v.cure && v.outcome === "violated") parts.push(element("p", "cure", v.cure));
  $("finding").replaceChildren(...parts);
}

/** The bars of a schedule: for each activation of a frame its CPU, its depth and the lines it spans. */
function frames(lines, trace) {
  const stacks = new Map(), found = [];
  lines.forEach((line, n) => {
    const s = trace[line.first], depth = DEPTH[s.level];
    if (!stacks.has(s.cpu)) stacks.set(s.cpu, []);
    const stack = stacks.get(s.cpu);
    while (stack.length && stack.at(-1).depth > depth) stack.pop();
    let top = stack.at(-1);
    if (top && top.depth === depth && top.context !== s.context) { stack.pop(); top = undefined; }
    if (!top || top.depth !== depth) {
      top = { cpu: s.cpu, depth, level: s.level, context: s.context, title: s.title, start: n, end: n };
      stack.push(top);
      found.push(top);
    }
    for (const frame of stack) frame.end = n;
  });
  return found;
}

function showSchedule() {
  const v = verdict(), lines = rows();
  if (!lines.length) {
    const why = v ? "The initial state itself; no step is needed." : "No schedule.";
    $("schedule").replaceChildren(element("p", "empty", why));
    return;
  }
  const bars = frames(lines, v.trace);
  const cpus = [...new Set(v.trace.map((s) => s.cpu))].sort((a, b) => a - b);
  const lanes = element("div");
  lanes.id = "lanes";
  lanes.style.gridTemplateColumns = `auto repeat(${cpus.length}, minmax(14em, 1fr))`;
  const place = (e, row, column, until = row) => {
    e.style.gridRow = `${row} / ${until + 1}`;
    e.style.gridColumn = column;
    lanes.append(e);
    return e;
  };
  cpus.forEach((cpu, i) => place(element("div", "cpu", `CPU ${cpu}`), 1, i + 2));
  place(element("div", "cpu number", "#"), 1, 1);
  const opens = new Map(bars.map((b) => [b.start, b]));
  const gridRow = [];
  let next = 2;
  lines.forEach((line, n) => {
    const s = v.trace[line.first];
    const column = cpus.indexOf(s.cpu) + 2;
    if (v.loop != null && line.first < v.loop && v.loop <= line.last + 1) {
      place(element("div", "loop", "from here the loop repeats for ever"), next++, "1 / -1");
    }
    const bar = opens.get(n);
    if (bar) {
      bar.top = next;
      place(element("div", "title", bar.title), next++, column).style.setProperty("--depth", bar.depth);
    }
    gridRow.push(next);
    place(element("div", "number", String(line.last + 1)), next, 1);
    const cell = place(element("div", "step", line.text), next++, column);
    cell.style.setProperty("--depth", DEPTH[s.level]);
    cell.dataset.row = n;
    cell.classList.toggle("kernel", v.trace.slice(line.first, line.last + 1).every((x) => x.kernel && !x.driver_span));
    cell.classList.toggle("violates", v.trace.slice(line.first, line.last + 1).some((x) => x.violates));
    cell.onclick = () => go({ row: n });
  });
  if (v.loop != null) {
    const back = v.loop <= v.trace.length ? `back to step ${v.loop}, and so on for ever` : "nothing moves any more";
    place(element("div", "loop", back), next++, "1 / -1");
  }
  for (const bar of bars) {
    const e = place(element("div", `bar ${bar.level}`), bar.top, cpus.indexOf(bar.cpu) + 2, gridRow[bar.end]);
    e.style.setProperty("--depth", bar.depth);
  }
  $("schedule").replaceChildren(lanes);
}

/** The variables that the schedule changes, as they are after line `n`, the last changes first marked. */
function showState(lines) {
  const v = verdict(), values = new Map(), changed = new Map();
  const table = element("table");
  if (v?.trace && lines.length) {
    const line = lines[at.row];
    v.trace.forEach((s, i) => s.changes.forEach((c) => {
      if (!values.has(c.variable)) values.set(c.variable, { value: c.before, origin: c.origin });
      if (i > line.last) return;
      if (i >= line.first) changed.set(c.variable, changed.get(c.variable) ?? c.before);
      values.get(c.variable).value = c.after;
    }));
    for (const origin of ["driver", "kernel", "ghost"]) {
      const mine = [...values].filter(([, x]) => x.origin === origin).sort(([a], [b]) => (a < b ? -1 : 1));
      if (!mine.length) continue;
      const body = table.createTBody();
      const head = body.insertRow().insertCell();
      head.colSpan = 2;
      head.className = "was";
      head.textContent = { driver: "the driver's", kernel: "the kernel's", ghost: "observed" }[origin];
      for (const [name, x] of mine) {
        const row = body.insertRow();
        row.insertCell().textContent = name;
        const cell = row.insertCell();
        const before = changed.get(name);
        if (before !== undefined && before !== x.value) {
          row.className = "changed";
          cell.append(element("span", "was", `${before} → `));
        }
        cell.append(x.value);
      }
    }
  }
  $("state").replaceChildren(table);
}

const WORDS = new RegExp("(//.*$|/\\*.*?\\*/)|\\b(irq|thread|softirq|tasklet|work|timer|module|init|exit|if|else|while"
  + "|for|do|return|struct|bool|int|void|choose|or|atomic|await|assert|expect|allow|invariant|never|cover|kernel|cpus"
  + "|when|static|break|continue|enum)\\b", "g");

function painted(text) {
  const parts = [];
  let from = 0;
  for (const m of text.matchAll(WORDS)) {
    parts.push(text.slice(from, m.index), element("span", m[1] ? "comment" : "word", m[0]));
    from = m.index + m[0].length;
  }
  parts.push(text.slice(from) || (parts.length ? "" : " "));
  return parts;
}

function listing(name, here, sites) {
  const pre = element("pre");
  report.sources[name].text.replace(/\n$/, "").split("\n").forEach((text, i) => {
    const line = element("span", "line");
    line.dataset.n = i + 1;
    line.append(...painted(text));
    if (here && here.line <= i + 1 && i + 1 <= here.end_line) line.classList.add("here");
    if (sites.has(i + 1)) line.classList.add("site");
    pre.append(line);
  });
  return pre;
}

function showSource(lines) {
  const v = verdict();
  let own = v?.span, kernel = null;
  const sites = new Set();
  if (v?.trace && lines.length) {
    const line = lines[at.row];
    const step = v.trace.slice(line.first, line.last + 1).find((s) => !s.kernel) ?? v.trace[line.last];
    own = step.driver_span;
    kernel = $("fine").checked && step.kernel && step.span?.kernel ? step.span : null;
    step.calls.filter((c) => c.site && !c.site.kernel).forEach((c) => sites.add(c.site.line));
  }
  const spec = own?.file ?? result().spec;
  const panes = [];
  if (kernel && report.sources[kernel.file]) {
    panes.push(element("h3", "", `${kernel.file}, the kernel model`), listing(kernel.file, kernel, new Set()));
  }
  if (report.sources[spec]) {
    panes.unshift(...(kernel ? [] : [element("h3", "", spec), listing(spec, own, sites)]));
  }
  $("source").replaceChildren(...panes);
  $("source").querySelector(".here")?.scrollIntoView({ block: "center" });
}

function showStep() {
  const lines = rows();
  at.row = Math.max(0, Math.min(at.row, lines.length - 1));
  $("slider").max = Math.max(0, lines.length - 1);
  $("slider").value = at.row;
  const line = lines[at.row];
  $("position").textContent = line ? `step ${line.last + 1} of ${verdict().trace.length}` : "";
  for (const cell of document.querySelectorAll(".step")) {
    const n = Number(cell.dataset.row);
    cell.classList.toggle("here", n === at.row);
    cell.classList.toggle("coming", n > at.row);
  }
  document.querySelector(".step.here")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  showState(lines);
  showSource(lines);
}

/** Go somewhere: any of `result`, `verdict`, `row`. What did not change is not drawn again. */
function go(where) {
  const before = { ...at };
  Object.assign(at, where);
  if (where.result !== undefined) {
    if (where.verdict === undefined) at.verdict = -1;
    showResult();
  }
  if (where.result !== undefined || at.verdict !== before.verdict || where.redraw) {
    showFinding();
    showSchedule();
  }
  showStep();
  history.replaceState(null, "", `#${at.result}.${at.verdict}.${at.row}`);
}

/** Between whole statements and single steps, staying at the same step. */
function refine() {
  const v = verdict();
  if (!v?.trace) return;
  const was = $("fine").checked ? v.rows[at.row]?.last - 1 : at.row;
  const row = rows().findIndex((r) => r.first <= was && was <= r.last);
  go({ row: Math.max(0, row), redraw: true });
}

$("results").onchange = (e) => go({ result: Number(e.target.value), row: 0 });
$("slider").oninput = (e) => go({ row: Number(e.target.value) });
$("first").onclick = () => go({ row: 0 });
$("back").onclick = () => go({ row: at.row - 1 });
$("forth").onclick = () => go({ row: at.row + 1 });
$("last").onclick = () => go({ row: Infinity });
$("fine").onchange = refine;
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.altKey || e.metaKey || e.target.tagName === "SELECT") return;
  const moves = {
    ArrowLeft: at.row - 1, ArrowUp: at.row - 1, ArrowRight: at.row + 1, ArrowDown: at.row + 1, Home: 0, End: Infinity,
  };
  if (e.key in moves) go({ row: moves[e.key] });
  else if (e.key === "k") { $("fine").checked = !$("fine").checked; refine(); }
  else return;
  e.preventDefault();
});

showResults();
const [r, v, row] = location.hash.slice(1).split(".").map(Number);
go({ result: report.results[r] ? r : 0, ...(Number.isInteger(v) ? { verdict: v } : {}), row: row || 0 });
