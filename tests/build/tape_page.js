// Put at the end of a page by tape_page.sh, after `const wanted = {name, nodes}`: tries everything out and writes "passed" or what is
// wrong into the page.
const failures = [], notes = ["loaded after " + Math.round(performance.now()) + " ms"];
const check = (ok, what) => { if (!ok) failures.push(typeof what === "function" ? what() : what); };
const page = window.tapePage;

/// Boxes are inside their parents' and apart from each other's, labels included, and no edge goes straight through a box.
function checkPlaces(when) {
  const { shown, edges } = page.places(), closed = shown.filter((b) => !b.open).map((b) => ({ ...b, right: b.x + Math.max(b.w, b.w / 2 + b.reach) }));
  closed.sort((a, b) => a.y - b.y);
  closed.forEach((a, i) => {
    for (let k = i + 1; k < closed.length && closed[k].y < a.y + a.h; k++) {
      const b = closed[k];
      check(a.right <= b.x || b.right <= a.x, () => when + ": boxes overlap: " + JSON.stringify([a, b]));
    }
  });
  if (edges.length > 1000) return;
  for (const { a, b, points } of edges.filter((e) => !e.far))
    for (let i = 1; i < points.length; i++) {
      const [x, y0] = points[i - 1], [x1, y1] = points[i];
      for (const box of closed)
        if (x === x1 && box.id !== a && box.id !== b)
          check(x < box.x || x > box.x + box.w || y1 < box.y || y0 > box.y + box.h, () => when + ": an edge through a box: " + JSON.stringify([box, points]));
    }
}
function timed(what, f) {
  const start = performance.now();
  f();
  const took = performance.now() - start;
  notes.push(what + " " + Math.round(took) + " ms");
  return took;
}

try {
  const canvas = document.getElementById("canvas"), picture = () => canvas.toDataURL(), press = (key) => dispatchEvent(new KeyboardEvent("keydown", { key }));
  const start = { ...page.state(), ...page.places() };
  check(wanted.name === "escape" ? start.nodes === wanted.nodes + 3 : start.nodes === wanted.nodes, "nodes: " + start.nodes + ", not " + wanted.nodes);
  check(start.steps === start.nodes, "steps: " + start.steps);
  check(start.shown.filter((b) => !b.open).length <= 100, "at first too much is open: " + start.shown.length);
  check(start.drawn.boxes > 0 && start.drawn.boxes <= start.shown.length, "drawn: " + start.drawn.boxes);
  checkPlaces("at first");
  const top = start.shown.filter((b) => !b.open).reduce((a, b) => b.y < a.y ? b : a), { view } = start;
  check(view.y <= top.y && view.y + view.h >= top.y + top.h && view.x <= top.x && view.x + view.w >= top.x + top.w,
    () => "the page does not open at its top: " + JSON.stringify([view, top]));
  const stage = canvas.getBoundingClientRect(), panel = document.querySelector("aside").getBoundingClientRect();
  check(document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight, "wider or higher than the window");
  check(stage.width >= 300 && stage.height >= 250, "the graph has no room: " + JSON.stringify(stage));
  check(innerWidth > 760 ? panel.left >= stage.right : panel.top >= stage.bottom && panel.width === innerWidth, "the panel is not beside, or on a phone below");
  for (const button of document.querySelectorAll("button, select")) check(button.getBoundingClientRect().right <= innerWidth, "out of reach: " + button.id);

  // Two fingers that part zoom in about their middle.
  const touch = (type, pointerId, clientX) => canvas.dispatchEvent(new PointerEvent(type, { pointerId, clientX, clientY: stage.top + 100, bubbles: true }));
  const x = stage.left + 150, at = (v) => v.x + 150 / v.k, old = page.state().view;
  touch("pointerdown", 1, x - 20); touch("pointerdown", 2, x + 20);
  touch("pointermove", 1, x - 40); touch("pointermove", 2, x + 40);
  touch("pointerup", 1, x - 40); touch("pointerup", 2, x + 40);
  const now = page.state().view;
  check(Math.abs(now.k / Math.min(4, old.k * 2) - 1) < 1e-6 && (now.k === 4 || Math.abs(at(now) - at(old)) < 1e-6), "two fingers: " + JSON.stringify([old, now]));
  page.fit(0.8);

  document.getElementById("fold").click();
  const folded = page.places();
  check(folded.shown.every((b) => !b.open) && folded.shown.length <= start.shown.length, "fold all leaves something open");
  checkPlaces("folded");
  timed("unfold all", () => document.getElementById("unfold").click());
  const all = page.places();
  check(all.shown.filter((b) => b.node !== undefined).length === start.nodes, "unfolded, not every node is shown: " + all.shown.length);
  checkPlaces("unfolded");
  const module = all.shown.find((b) => b.kind === "module");
  if (module) {
    page.fold(module.path);
    check(page.places().shown.length < all.shown.length, "folding " + module.path + " hides nothing");
    page.fold(module.path, false);
    check(page.places().shown.length === all.shown.length, "unfolding " + module.path + " does not bring everything back");
  }
  timed("fit", page.fit);

  page.step(0);
  const pictures = ["op", "time", "memory"].map((mode) => { page.colour(mode); check(page.state().colour === mode, "colour " + mode); return picture(); });
  if (wanted.name !== "leaf" && innerWidth > 760) check(new Set(pictures).size === 3, "the three colour modes look the same");
  page.colour("op");

  const last = start.steps, every = Math.ceil(last / 100);
  let before = Infinity, longest = 0, sum = 0, count = 0;
  timed("all steps", () => {
    for (let k = 1; k <= last; k += k + every > last && k < last ? last - k : every) {
      const began = performance.now();
      page.step(k);
      longest = Math.max(longest, performance.now() - began);
      sum += performance.now() - began;
      count++;
      const s = page.state();
      check(s.done === k && s.running >= 0 && s.step === k, "step " + k + ": " + s.done + " done, node " + s.running + " runs");
      if (wanted.name !== "escape") check(s.running < before, "step " + k + ": node " + s.running + " after " + before);
      before = s.running;
      check(!s.waiting.includes(s.running), "step " + k + ": the running node waits");
    }
  });
  notes.push("a step " + (sum / count).toFixed(1) + " ms, the longest " + longest.toFixed(1) + " ms");
  check(sum / count < 200, "a step takes " + sum / count + " ms");
  check(page.state().waiting.length === 0 && page.state().done === start.nodes, "at the end something is not done");
  check(document.getElementById("step").textContent.includes("its gradient complete"), "the last step is no leaf: " + document.getElementById("step").textContent);
  press("Home");
  check(page.state().step === 0, "Home");
  press("ArrowRight");
  check(page.state().step === Math.min(1, last), "right arrow");
  check(document.getElementById("step").textContent.includes("norm"), "no numbers of gradients");
  press("ArrowLeft");
  check(page.state().step === 0, "left arrow");
  const slider = document.getElementById("slider");
  slider.value = last;
  slider.dispatchEvent(new Event("input"));
  check(page.state().step === last, "slider");
  document.getElementById("back").click();
  check(page.state().step === last - 1, "back button");

  page.show(start.nodes - 1);
  const box = page.places().shown.find((b) => b.node === start.nodes - 1);
  check(box && document.getElementById("details").textContent.includes("#"), "no details of the last node");
  if (wanted.name === "mlp") {
    const text = document.getElementById("details").textContent;
    check(/cross_entropy.*result.*f32 \[\].*forward.*µs.*Its rules read.*f32 \[4, 3\]/.test(text), "details: " + text);
    check(all.shown.some((b) => b.path === "body.0"), "no module body.0");
  }
  if (wanted.name === "escape") {
    check(window.broken === undefined, "a name ran as a script");
    check(document.title === "<\/title><\/script><b onclick=1>", "title: " + document.title);
    check(all.shown.some((b) => (b.path || "").includes("<\/script><script>")), "the module's name is not whole");
    const told = [0, 1].map((i) => { page.select(i); return document.getElementById("details").textContent; });
    check(told.some((text) => text.includes("<img src=x")), "the leaf's name is not text: " + told);
    check(document.querySelectorAll("img").length === 0, "a name became an element");
  }
} catch (e) {
  failures.push(String(e.stack));
}
document.body.append(Object.assign(document.createElement("pre"), { id: "result",
  textContent: (failures.length ? "FAILED " + failures.slice(0, 5).join("; ") : "passed") + " (" + notes.join(", ") + ")" }));
