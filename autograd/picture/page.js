// The page: what is open, selected and at which step of the backward pass, and the panel that says it in words.

const tape = JSON.parse(document.getElementById("tape").textContent);
const nodes = tape.nodes, steps = tape.steps;
const { root, boxes, of } = makeBoxes(nodes);
const byId = (id) => document.getElementById(id);
const canvas = byId("canvas"), ctx = canvas.getContext("2d");
const scene = { nodes, plan: null, state: null, camera: { x: 0, y: 0, k: 1 }, colour: "op", hover: null, selected: null };
let drawn = { boxes: 0, edges: 0 }, player = 0, current = 0;

// ---- the backward pass

const due = new Int32Array(nodes.length);   // how many gradients each node gets in the whole pass
const turn = new Int32Array(nodes.length);  // the step in which it runs; 0: never
steps.forEach((step, i) => {
  turn[step.node] = i + 1;
  for (const { to } of step.sent) due[to]++;
});

/// Everything about the moment in which `step` nodes have had their turn, the last of which has just run.
function stateAt(step) {
  const arrived = new Int32Array(nodes.length), per = new Map();
  for (let i = 0; i < step; i++) for (const { to } of steps[i].sent) arrived[to]++;
  const running = step ? steps[step - 1].node : -1;
  const state = { step, running, arrived, boxes: per, targets: new Set(), done: 0, waiting: [] };
  nodes.forEach((node, i) => {
    const box = scene.plan.seen[i];
    if (!per.has(box)) per.set(box, { done: 0, all: 0, waiting: 0, running: false, arrived: 0, due: 0 });
    const p = per.get(box), done = turn[i] > 0 && turn[i] <= step, waiting = !done && (arrived[i] > 0 || (turn[i] === 1 && !step));
    p.all++;
    p.done += done;
    p.waiting += waiting;
    p.running = p.running || i === running;
    p.arrived += arrived[i];
    p.due += due[i];
    state.done += done;
    if (waiting) state.waiting.push(i);
  });
  if (running >= 0) for (const { to } of steps[step - 1].sent) state.targets.add(scene.plan.seen[to]);
  return state;
}

function goTo(step) {
  current = Math.max(0, Math.min(steps.length, step));
  scene.state = stateAt(current);
  if (current) bringIntoView(scene.plan.seen[scene.state.running]);
  byId("slider").value = current;
  byId("count").textContent = current + " of " + steps.length;
  describeStep();
  describe();
  draw();
}
function play(on) {
  clearInterval(player);
  player = on ? setInterval(() => current < steps.length ? goTo(current + 1) : play(false), 500) : 0;
  byId("play").textContent = player ? "stop" : "play";
}

// ---- what is open

function update() {
  scene.plan = layout(root, nodes, (box, label) => measure(ctx, box, label, nodes));
  for (const box of scene.plan.shown) box.farIn = box.farOut = 0;
  for (const edge of scene.plan.edges) if (edge.far) { edge.b.farIn++; edge.a.farOut++; }
  scene.state = stateAt(current);
  if (scene.selected && !scene.plan.shown.includes(scene.selected)) scene.selected = null;
  scene.hover = null;
}
function toggle(box) {
  const x = box.x, y = box.y;
  box.open = !box.open;
  update();
  scene.camera.x += box.x - x;  // its corner stays where it was
  scene.camera.y += box.y - y;
  describe();
  draw();
}
function openAll(on) {
  for (const box of boxes) if (box !== root && box.children.length) box.open = on;
  update();
  fit(0.3);
}

// ---- window

function draw() {
  const { clientWidth: w, clientHeight: h } = canvas;
  if (canvas.width !== Math.round(w * devicePixelRatio) || canvas.height !== Math.round(h * devicePixelRatio)) {
    canvas.width = Math.round(w * devicePixelRatio);
    canvas.height = Math.round(h * devicePixelRatio);
  }
  drawn = paint(ctx, w, h, scene);
}
/// The whole graph, or, if that would be too small, the top of it, where the inputs are.
function fit(least = 0.06) {
  const { clientWidth: w, clientHeight: h } = canvas, c = scene.camera, room = 24;
  c.k = Math.max(Math.min(1.25, w / root.w, (h - room) / root.h), least);
  const first = scene.plan.shown.filter((b) => !b.open).reduce((a, b) => b.y < a.y ? b : a);
  c.x = root.w * c.k > w ? first.x + first.w / 2 - w / c.k / 2 : (root.w - w / c.k) / 2;
  c.y = root.h * c.k > h - room ? -room / 2 / c.k : (root.h - h / c.k) / 2;
  draw();
}
function bringIntoView(box) {
  const { camera: c } = scene, w = canvas.clientWidth / c.k, h = canvas.clientHeight / c.k;
  if (box.x < c.x || box.x + box.w > c.x + w) c.x = box.x + box.w / 2 - w / 2;
  if (box.y < c.y || box.y + box.h > c.y + h) c.y = box.y + box.h / 2 - h / 2;
}
function boxAt(x, y) {
  for (let i = scene.plan.shown.length - 1; i >= 0; i--) {
    const b = scene.plan.shown[i];
    if (x >= b.x && x <= b.x + b.w && y >= b.y && y <= b.y + (b.open ? GAP.head : b.h)) return b;
  }
  return null;
}
const toScene = (event) => {
  const rect = canvas.getBoundingClientRect();
  return [scene.camera.x + (event.clientX - rect.left) / scene.camera.k, scene.camera.y + (event.clientY - rect.top) / scene.camera.k];
};
/// Opens what is around a node, selects it and moves it into view.
function show(i) {
  for (let box = of[i].parent; box; box = box.parent) box.open = true;
  update();
  scene.selected = of[i];
  bringIntoView(of[i]);
  describe();
  draw();
}

/// Zooms by a factor; what is at this place of the window stays there.
function zoom(event, factor) {
  const [x, y] = toScene(event), c = scene.camera, k = Math.max(0.02, Math.min(4, c.k * factor));
  c.x = x - (x - c.x) * c.k / k;
  c.y = y - (y - c.y) * c.k / k;
  c.k = k;
}

let drag = null;
const fingers = new Map();  // of each pointer that is down: where it was last
const spread = () => {
  const [a, b] = fingers.values();
  return { distance: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY), clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 };
};
function move(dx, dy) {
  scene.camera.x -= dx / scene.camera.k;
  scene.camera.y -= dy / scene.camera.k;
}
canvas.addEventListener("pointerdown", (e) => {
  fingers.set(e.pointerId, e);
  drag = { x: e.clientX, y: e.clientY, moved: fingers.size > 1 };
  if (e.isTrusted) canvas.setPointerCapture(e.pointerId);
});
canvas.addEventListener("pointermove", (e) => {
  if (fingers.size === 2 && fingers.has(e.pointerId)) {
    const before = spread();
    fingers.set(e.pointerId, e);
    const now = spread();
    move(now.clientX - before.clientX, now.clientY - before.clientY);
    if (before.distance > 0) zoom(now, now.distance / before.distance);
    return draw();
  }
  if (drag) {
    const dx = e.clientX - drag.x, dy = e.clientY - drag.y;
    if (!drag.moved && Math.abs(dx) + Math.abs(dy) < 4) return;
    Object.assign(drag, { x: e.clientX, y: e.clientY, moved: true });
    canvas.classList.add("moving");
    move(dx, dy);
    return draw();
  }
  const box = boxAt(...toScene(e));
  if (box === scene.hover) return;
  scene.hover = box;
  canvas.classList.toggle("over", !!box);
  describe();
  draw();
});
/// The pointer is up. Another one that is still down goes on from where it is.
function lift(e) {
  fingers.delete(e.pointerId);
  const [other] = fingers.values();
  drag = other ? { x: other.clientX, y: other.clientY, moved: true } : null;
}
canvas.addEventListener("pointercancel", lift);
canvas.addEventListener("pointerup", (e) => {
  const moved = drag && drag.moved, [x, y] = toScene(e), box = boxAt(x, y);
  lift(e);
  canvas.classList.remove("moving");
  if (moved) return;
  if (box && box.children.length && (box.open || x < box.x + 28)) return toggle(box);
  scene.selected = box === scene.selected ? null : box;
  describe();
  draw();
});
canvas.addEventListener("dblclick", (e) => { const box = boxAt(...toScene(e)); if (box && box.children.length && !box.open) toggle(box); });
canvas.addEventListener("wheel", (e) => {
  e.preventDefault();
  zoom(e, Math.exp(-e.deltaY * 0.0015));
  draw();
}, { passive: false });

// ---- the panel; all text goes in as text, never as markup

function element(tag, attributes, ...children) {
  const e = Object.assign(document.createElement(tag), attributes);
  e.append(...children);
  return e;
}
const replace = (id, ...children) => byId(id).replaceChildren(...children);
const row = (key, ...value) => element("tr", {}, element("td", { className: "key" }, key), element("td", {}, ...value));
function link(i) {
  const n = nodes[i];
  return element("a", { className: "go", onclick: () => show(i) }, "#" + n.number + " " + (n.name || n.op));
}
/// Links to nodes, separated by commas; only the first few of many.
function links(list) {
  const out = list.slice(0, 6).flatMap((i, k) => [k ? ", " : "", link(i)]);
  if (list.length > 6) out.push(" and " + (list.length - 6) + " more");
  return out;
}
const digits = (v) => v === null ? "-" : v === 0 ? "0" : Math.abs(v) >= 1e-3 && Math.abs(v) < 1e5 ? String(+v.toPrecision(3)) : v.toExponential(1);
/// A table of gradients: [first cell, values] by row.
function gradients(first, rows) {
  const cell = (v) => element("td", { className: "number" }, digits(v));
  const head = [first, "min", "max", "mean", "norm"].map((t, i) => element("th", i ? { className: "number" } : {}, t));
  return element("table", {}, element("tr", {}, ...head), ...rows.flatMap(([name, v]) => [
    element("tr", {}, element("td", {}, name), ...v.slice(0, 4).map(cell)),
    ...(v[4] || v[5] ? [element("tr", {}, element("td", { colSpan: 5 }, v[4] + " NaN, " + v[5] + " infinite"))] : [])]));
}
const inside = (box) => box.ops + (box.ops === 1 ? " operation, " : " operations, ") + box.leaves + (box.leaves === 1 ? " leaf" : " leaves");
const shapeOf = (n) => n.dtype + " " + n.shape;

function describeStep() {
  const out = [], { state } = scene;
  if (!current) {
    out.push(element("p", {}, "It starts with ones at ", link(steps[0].node), ". Step on to see each node's rules run, newest first."));
  } else {
    const { node, sent, gradient } = steps[current - 1], n = nodes[node];
    const what = n.leaf ? " has its gradient complete: it goes to .grad()" : " runs" + (n.module ? " in " + n.module : "");
    out.push(element("p", {}, element("b", { className: "running" }, link(node)), what));
    out.push(gradients("gradient of it", [[shapeOf(n), gradient]]));
    if (sent.length) out.push(gradients("sent to", sent.slice(0, 8).map(({ to, values }) =>
      [element("span", {}, link(to), " " + nodes[to].shape), values])));
    if (sent.length > 8) out.push(element("p", {}, "and " + (sent.length - 8) + " more"));
  }
  const list = state.waiting.slice(-6).reverse();
  if (list.length) out.push(element("table", {}, element("tr", {}, element("th", {}, "has gradients waiting"), element("th", { className: "number" }, "arrived")),
    ...list.map((i) => element("tr", {}, element("td", {}, link(i)), element("td", { className: "number" }, due[i] ? state.arrived[i] + " of " + due[i] : "start")))));
  if (state.waiting.length > 6) out.push(element("p", {}, "and " + (state.waiting.length - 6) + " more nodes"));
  replace("step", ...out);
}

const users = nodes.map(() => []);
nodes.forEach((n, i) => { for (const input of new Set(n.inputs)) users[input].push(i); });

/// The details of the box that is pointed at, or of the selected one.
function describe() {
  const box = scene.hover || scene.selected;
  if (!box) return replace("details", element("p", {}, "Point at a box, or tap it."));
  const rows = [], more = [];
  if (box.node === undefined) {
    rows.push(row(box.kind, box.path || "(outside of modules)"), row("holds", inside(box)));
  } else {
    const i = box.node, n = nodes[i];
    rows.push(row("node", "#" + n.number + " " + n.op + (n.again ? ", recorded again in the backward pass" : "")));
    if (n.name) rows.push(row("name", n.name));
    if (!n.leaf) rows.push(row("module", n.module || "-"));
    rows.push(row(n.leaf ? "value" : "result", shapeOf(n) + ", " + bytes(n.bytes)));
    if (n.inputs.length) rows.push(row("gradient to", ...links(n.inputs)));
    if (users[i].length) rows.push(row("used by", ...links(users[i])));
    for (const r of n.reads) {
      const others = r.storage === undefined ? [] : tape.storages[r.storage].filter((k) => k !== i);
      more.push(row(shapeOf(r) + ", " + bytes(r.bytes), r.output ? "its own result" : "", ...(others.length ? [r.output ? ", also kept by " : "also kept by ", ...links(others)] : [])));
    }
    if (turn[i] && turn[i] <= current) more.gradient = gradients("its gradient", [[n.shape, steps[turn[i] - 1].gradient]]);
  }
  if (box.kind !== "leaf") {
    rows.push(row("forward", box.forward || box.node === undefined ? duration(box.forward) : "not timed"), row("backward", duration(box.backward)));
    rows.push(row("keeps", bytes(box.keeps) + " for backward"));
  }
  const out = [element("table", {}, ...rows)];
  if (more.length) out.push(element("h2", {}, "Its rules read"), element("table", {}, ...more));
  if (more.gradient) out.push(more.gradient);
  replace("details", ...out);
}

function legend() {
  const swatch = (kind, text) => element("span", {}, element("i", { style: "background: var(--op-" + kind + ")" }), text);
  const used = new Set(nodes.map((n) => kindOf(n.op)));
  const list = KINDS.filter(([kind]) => used.has(kind)).map(([kind, text]) => swatch(kind, text));
  if (boxes.length > nodes.length + 1) list.push(swatch("module", "closed module"));
  const scale = (text) => [element("span", {}, "least", element("i", { className: "scale" }), text)];
  replace("legend", ...(scene.colour === "op" ? list : scale(scene.colour === "time" ? "most time, forward + backward" : "most bytes kept for backward")));
}
function colourBy(mode) {
  scene.colour = byId("colour").value = mode;
  legend();
  draw();
}

// ---- controls

byId("first").onclick = () => goTo(0);
byId("back").onclick = () => goTo(current - 1);
byId("next").onclick = () => goTo(current + 1);
byId("last").onclick = () => goTo(steps.length);
byId("play").onclick = () => play(!player);
byId("slider").oninput = (e) => goTo(+e.target.value);
byId("slider").max = steps.length;
byId("fold").onclick = () => openAll(false);
byId("unfold").onclick = () => openAll(true);
byId("fit").onclick = () => fit();
byId("colour").onchange = (e) => colourBy(e.target.value);
addEventListener("keydown", (e) => {
  if (e.target.tagName === "SELECT" || e.ctrlKey || e.metaKey || e.altKey) return;
  const action = { ArrowRight: () => goTo(current + 1), ArrowLeft: () => goTo(current - 1), Home: () => goTo(0), End: () => goTo(steps.length), " ": () => play(!player), f: () => fit() }[e.key];
  if (!action) return;
  e.preventDefault();
  action();
});
addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

document.title = byId("title").textContent = tape.title;
byId("totals").textContent = inside(root) + ", " + bytes(root.keeps) + " kept for backward";
openUpTo(root, 90);
update();
legend();
goTo(0);
fit(0.8);

/// For scripts and tests. fold() closes or opens all calls of a module.
window.tapePage = {
  fold: (path, closed = true) => {
    for (const b of boxes) if (b.path === path && b.children.length && b !== root) b.open = !closed;
    update();
    draw();
  },
  foldAll: (closed = true) => openAll(!closed),
  step: goTo, colour: colourBy, show, fit,
  select: (i) => { scene.selected = of[i]; describe(); draw(); },
  state: () => ({ nodes: nodes.length, steps: steps.length, step: current, running: scene.state.running, done: scene.state.done,
    waiting: scene.state.waiting, colour: scene.colour, drawn,
    view: { ...scene.camera, w: canvas.clientWidth / scene.camera.k, h: canvas.clientHeight / scene.camera.k } }),
  places: () => ({
    shown: scene.plan.shown.map(({ id, kind, path, node, open, x, y, w, h, reach }) => ({ id, kind, path, node, open, x, y, w, h, reach })),
    edges: scene.plan.edges.map(({ a, b, far, points }) => ({ a: a.id, b: b.id, far, points })) }),
};
