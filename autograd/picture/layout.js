// What is drawn, and where. Nothing here touches the page.
//
// Nodes stand in an order in which inputs come first. A module's call is an interval of that order, so folding calls into
// single boxes never makes a circle, and each box can be laid out by itself: inside of it, layer by layer, then as one
// box among others outside.

const LIMIT = 40;      // children of one box; more are bundled into parts
const FAR = 16;        // an edge over more layers is not drawn but named at both ends
const GAP = { x: 22, layer: 34, pad: 14, head: 24, label: 15 };

// ---- boxes: operations, leaves, and modules (or parts of them) that hold other boxes

/// The tree of boxes. Each has id, kind ("op", "leaf", "module", "part"), parent, and node or children.
function makeBoxes(nodes) {
  const boxes = [];
  const make = (kind, parent, more) => {
    const box = { id: boxes.length, kind, parent, children: [], open: false, ...more };
    boxes.push(box);
    return box;
  };
  const root = make("module", null, { name: "", path: "", open: true });
  const of = new Array(nodes.length);  // each node's box
  let calls = [root];                  // the modules that are running
  nodes.forEach((node, i) => {
    if (node.leaf) return;
    const names = node.module ? node.module.split(".") : [];
    let depth = 0;
    while (depth < names.length && depth + 1 < calls.length && calls[depth + 1].name === names[depth]) depth++;
    calls.length = depth + 1;
    for (; depth < names.length; depth++) {
      const parent = calls[depth];
      const call = make("module", parent, { name: names[depth], path: names.slice(0, depth + 1).join(".") });
      parent.children.push(call);
      calls.push(call);
    }
    of[i] = make("op", calls[calls.length - 1], { node: i });
    of[i].parent.children.push(of[i]);
  });
  bundle(root, make);
  addLeaves(nodes, of, root, make);
  finish(root, nodes);
  return { root, boxes, of };
}

/// Where a box has too many children, puts neighbours into parts, and those again.
function bundle(box, make) {
  for (const child of box.children) bundle(child, make);
  while (box.children.length > LIMIT) {
    const parts = [];
    for (let i = 0; i < box.children.length; i += LIMIT) {
      const part = make("part", box, { name: "", path: box.path });
      part.children = box.children.slice(i, i + LIMIT);
      for (const child of part.children) child.parent = part;
      parts.push(part);
    }
    box.children = parts;
  }
}

/// Puts each leaf into the innermost box that holds all its uses.
function addLeaves(nodes, of, root, make) {
  const place = new Map();  // leaf -> box
  const depth = (box) => { let d = 0; for (; box.parent; box = box.parent) d++; return d; };
  nodes.forEach((node, i) => {
    if (node.leaf && nodes.length === 1) place.set(i, root);
    for (const input of node.inputs) {
      if (!nodes[input].leaf) continue;
      let a = place.get(input) || of[i].parent, b = of[i].parent;
      let da = depth(a), db = depth(b);
      for (; da > db; da--) a = a.parent;
      for (; db > da; db--) b = b.parent;
      while (a !== b) { a = a.parent; b = b.parent; }
      place.set(input, a);
    }
  });
  const leaves = new Map();  // box -> its leaves
  for (const [i, box] of place) {
    of[i] = make("leaf", box, { node: i });
    if (!leaves.has(box)) leaves.set(box, []);
    leaves.get(box).push(of[i]);
  }
  for (const [box, some] of leaves) {
    const holder = { children: some, path: box.path };
    bundle(holder, make);
    for (const child of holder.children) child.parent = box;
    box.children = holder.children.concat(box.children);  // leaves first: they have no inputs
  }
}

/// Sums over what is inside: operations, leaves, times, bytes; a part is named by its first and last operation.
function finish(box, nodes) {
  Object.assign(box, { ops: 0, leaves: 0, forward: 0, backward: 0, keeps: 0 });
  const add = (from) => { for (const key of ["ops", "leaves", "forward", "backward", "keeps"]) box[key] += from[key]; };
  if (box.node !== undefined) {
    const n = nodes[box.node], isLeaf = box.kind === "leaf" ? 1 : 0;
    add({ ops: 1 - isLeaf, leaves: isLeaf, forward: Math.max(n.forward, 0), backward: Math.max(n.backward, 0), keeps: n.keeps });
  }
  for (const child of box.children) { finish(child, nodes); add(child); }
  const end = (b, last) => b.node !== undefined ? nodes[b.node].number : end(b.children[last ? b.children.length - 1 : 0], last);
  if (box.kind === "part") box.name = "#" + end(box, false) + " to #" + end(box, true);
}

/// Opens boxes from the outside in while at most `most` boxes are to be seen.
function openUpTo(root, most) {
  let seen = root.children.length;
  for (let queue = [...root.children], i = 0; i < queue.length; i++) {
    const box = queue[i];
    if (!box.children.length || seen + box.children.length - 1 > most) continue;
    box.open = true;
    seen += box.children.length - 1;
    queue.push(...box.children);
  }
}

// ---- what can be seen

/// Of each node the outermost closed box around it, or its own.
function seenBoxes(root, nodes) {
  const seen = new Array(nodes.length);
  const visit = (box, as) => {
    if (box.node !== undefined) seen[box.node] = as || box;
    for (const child of box.children) visit(child, as || (child.open || child.node !== undefined ? null : child));
  };
  visit(root, null);
  return seen;
}

/// One edge between two boxes for all the values that go from one to the other.
function seenEdges(nodes, seen) {
  const edges = new Map();
  nodes.forEach((node, i) => {
    for (const input of node.inputs) {
      const a = seen[input], b = seen[i];
      if (a === b) continue;
      const key = a.id + " " + b.id;
      if (!edges.has(key)) edges.set(key, { a, b, values: new Set(), parts: [], span: 0 });
      edges.get(key).values.add(input);
    }
  });
  return [...edges.values()];
}

/// Cuts an edge at the rims of the open boxes that it crosses; null stands for the rim.
function cutAtRims(edge) {
  const above = [], below = [];
  const inside = (box) => { const list = []; for (; box; box = box.parent) list.push(box); return list.reverse(); };
  const pa = inside(edge.a), pb = inside(edge.b);
  let common = 0;
  while (pa[common + 1] === pb[common + 1]) common++;
  for (let i = pa.length - 1; i > common + 1; i--) above.push({ edge, box: pa[i - 1], a: pa[i], b: null });
  for (let i = common + 2; i < pb.length; i++) below.push({ edge, box: pb[i - 1], a: null, b: pb[i] });
  edge.parts = [...above, { edge, box: pa[common], a: pa[common + 1], b: pb[common + 1] }, ...below];
}

// ---- layers and places

/// Gives every box that can be seen x, y, w, h and every edge its points. size(box) measures closed ones.
function layout(root, nodes, size) {
  const seen = seenBoxes(root, nodes), edges = seenEdges(nodes, seen), parts = new Map();
  for (const edge of edges) {
    cutAtRims(edge);
    for (const part of edge.parts) {
      if (!parts.has(part.box)) parts.set(part.box, []);
      parts.get(part.box).push(part);
    }
  }
  for (const [box, list] of parts) setLayers(box, list);
  for (const edge of edges) {
    edge.far = edge.span > FAR;
    edge.bytes = 0;
    for (const v of edge.values) edge.bytes += nodes[v].bytes;
  }
  const labels = valueLabels(nodes, edges, seen);
  arrange(root, parts, (box) => size(box, labels.get(box)));
  const shown = [];
  const settle = (box, x, y) => {
    box.x = x + box.dx;
    box.y = y + box.dy;
    if (box !== root) shown.push(box);
    if (box.open) for (const child of box.children) settle(child, box.x, box.y);
  };
  root.dx = root.dy = 0;
  settle(root, 0, 0);
  for (const edge of edges) {
    if (edge.far) edge.points = [[edge.a.x + edge.a.w / 2, edge.a.y + edge.a.h], [edge.b.x + edge.b.w / 2, edge.b.y]];
    else edge.points = edge.parts.flatMap((p) => p.points.map(([x, y]) => [x + p.box.x, y + p.box.y]));
    edge.bounds = { x0: Infinity, x1: -Infinity, y0: Infinity, y1: -Infinity };
    for (const [x, y] of edge.points) {
      Object.assign(edge.bounds, { x0: Math.min(edge.bounds.x0, x - 3), x1: Math.max(edge.bounds.x1, x + 3) });
      Object.assign(edge.bounds, { y0: Math.min(edge.bounds.y0, y), y1: Math.max(edge.bounds.y1, y) });
    }
  }
  return { seen, edges, shown };
}

/// What leaves each box, in words: one shape, or how many values.
function valueLabels(nodes, edges, seen) {
  const out = new Map(), labels = new Map();
  const add = (box, value) => { if (!out.has(box)) out.set(box, new Set()); out.get(box).add(value); };
  for (const edge of edges) for (const value of edge.values) add(edge.a, value);
  if (!nodes[nodes.length - 1].leaf) add(seen[nodes.length - 1], nodes.length - 1);
  for (const [box, values] of out) {
    let total = 0;
    for (const v of values) total += nodes[v].bytes;
    const [first] = values;
    labels.set(box, (values.size === 1 ? nodes[first].shape : values.size + " values") + "  " + bytes(total));
  }
  return labels;
}

/// Layers within one box: each child one below the lowest of its inputs, a leaf right above its first use.
function setLayers(box, parts) {
  const ins = new Map(), outs = new Map();
  for (const p of parts) {
    if (!p.a || !p.b) continue;
    if (!ins.has(p.b)) ins.set(p.b, []);
    if (!outs.has(p.a)) outs.set(p.a, []);
    ins.get(p.b).push(p.a);
    outs.get(p.a).push(p.b);
  }
  const entered = new Set(parts.filter((p) => !p.a).map((p) => p.b));
  for (const child of box.children) {  // in order: inputs come first
    child.layer = 1;
    for (const a of ins.get(child) || []) child.layer = Math.max(child.layer, a.layer + 1);
  }
  for (const child of box.children.slice().reverse())
    if (!ins.has(child) && !entered.has(child) && outs.has(child))
      child.layer = outs.get(child).reduce((least, b) => Math.min(least, b.layer), Infinity) - 1;
  const last = box.children.reduce((most, c) => Math.max(most, c.layer), 1);
  for (const p of parts) {
    p.from = p.a ? p.a.layer : 0;
    p.to = p.b ? p.b.layer : last + 1;
    p.edge.span += p.to - p.from;
  }
}

/// Places what is in an open box (the innermost boxes first) and gives it its size; a closed one has the size that its
/// text needs.
function arrange(box, partsOf, size) {
  if (!box.open) return Object.assign(box, size(box));
  for (const child of box.children) arrange(child, partsOf, size);
  const parts = (partsOf.get(box) || []).filter((p) => !p.edge.far);
  const cells = new Map(), layers = [];
  const put = (layer, cell) => {
    (layers[layer] = layers[layer] || []).push(cell);
    return Object.assign(cell, { up: [], down: [], x: 0, layer });
  };
  for (const child of box.children) {
    const half = child.w / 2, right = child.open ? half : Math.max(half, child.reach);
    cells.set(child, put(child.layer || 1, { child, left: half, right, weight: child.kind === "leaf" ? 0.1 : 1 }));
  }
  for (const p of parts) {
    p.cells = [p.a ? cells.get(p.a) : put(p.from, { left: 4, right: 4, weight: 1 })];
    for (let l = p.from + 1; l < p.to; l++) p.cells.push(put(l, { left: 5, right: 5, weight: 4 }));
    p.cells.push(p.b ? cells.get(p.b) : put(p.to, { left: 4, right: 4, weight: 1 }));
    for (let i = 0; i + 1 < p.cells.length; i++) {
      // Within an open child the edge goes on where its own layout has put it.
      const link = { a: p.cells[i], b: p.cells[i + 1], aOff: i ? 0 : rimOffset(p, -1), bOff: i + 2 < p.cells.length ? 0 : rimOffset(p, 1) };
      link.a.down.push(link);
      link.b.up.push(link);
      p.end = link;
    }
  }
  for (let l = 0; l < layers.length; l++) layers[l] = layers[l] || [];
  orderLayers(layers);
  for (let round = 0; round < 24; round++) {
    const down = round % 2 === 0;
    for (let l = 0; l < layers.length; l++) placeLayer(layers[down ? l : layers.length - 1 - l], round < 16 ? (down ? "up" : "down") : "both");
  }
  spreadEnds(cells);

  let lowest = Infinity, highest = -Infinity, y = GAP.pad / 2 + (box.parent ? GAP.head : 0);
  for (const cell of layers.flat()) {
    lowest = Math.min(lowest, cell.x - cell.left);
    highest = Math.max(highest, cell.x + cell.right);
  }
  const tops = [], heights = layers.map((layer) => layer.reduce((h, c) => Math.max(h, c.child ? c.child.h : 0), 0));
  layers.forEach((layer, l) => {
    tops[l] = y;
    if (layer.length) y += heights[l] + (heights[l] && heights[l + 1] ? GAP.layer : GAP.pad);  // beside a rim there is less
  });
  const shift = GAP.pad - lowest;
  for (const { child, x, layer } of cells.values()) {
    child.dx = x + shift - child.w / 2;
    child.dy = tops[layer] + (child.kind === "leaf" ? heights[layer] - child.h : 0);
  }
  box.w = Math.max(highest - lowest + 2 * GAP.pad, box.parent ? size(box).w : 0);
  box.h = y;
  for (const p of parts) p.points = route(p, tops, heights, shift, box.h);
}

/// Where an edge leaves (-1) or enters (1) the child at that end of its part, from the child's middle.
function rimOffset(part, end) {
  const next = part.edge.parts[part.edge.parts.indexOf(part) + end], child = end < 0 ? part.a : part.b;
  return next && child ? next.points[end < 0 ? next.points.length - 1 : 0][0] - child.w / 2 : 0;
}

/// Few crossings: again and again, sorts each layer by the mean position of the neighbours in the layer before.
function orderLayers(layers) {
  const number = (layer) => layer.forEach((cell, i) => { cell.order = i; });
  layers.forEach(number);
  for (let round = 0; round < 8; round++) {
    const down = round % 2 === 0;
    for (let k = 1; k < layers.length; k++) {
      const layer = layers[down ? k : layers.length - 1 - k];
      for (const cell of layer) {
        const near = down ? cell.up.map((l) => l.a.order + l.aOff * 1e-4) : cell.down.map((l) => l.b.order + l.bOff * 1e-4);
        cell.mean = near.length ? near.reduce((a, b) => a + b) / near.length : cell.order;
      }
      layer.sort((a, b) => a.mean - b.mean || a.order - b.order);
      number(layer);
    }
  }
}

/// Moves a layer's cells as near to their neighbours as their order and widths allow: least squares, by merging runs of
/// cells that would overlap ("pool adjacent violators").
function placeLayer(layer, towards) {
  const runs = [];
  let offset = 0, before = null;
  for (const cell of layer) {
    if (before) offset += before.right + cell.left + (before.child && cell.child ? GAP.x : 12);
    before = cell;
    let sum = 0, n = 0;
    const near = (other, at) => {
      // Long edges and chains of operations should be straight, leaves may stand aside.
      const leaf = [cell, other].some((c) => c.child && c.child.kind === "leaf");
      const weight = leaf ? 0.1 : cell.child && other.child ? 2 : cell.child || other.child ? 1 : 8;
      sum += at * weight;
      n += weight;
    };
    if (towards !== "down") for (const l of cell.up) near(l.a, l.a.x + l.aOff - l.bOff);
    if (towards !== "up") for (const l of cell.down) near(l.b, l.b.x + l.bOff - l.aOff);
    const run = { cells: [[cell, offset]], weight: n ? cell.weight : 0.01, wish: (n ? sum / n : cell.x) - offset };
    while (runs.length && runs[runs.length - 1].wish >= run.wish) {
      const last = runs.pop(), weight = last.weight + run.weight;
      run.wish = (last.wish * last.weight + run.wish * run.weight) / weight;
      run.weight = weight;
      last.cells.push(...run.cells);
      run.cells = last.cells;
    }
    runs.push(run);
  }
  for (const run of runs) for (const [cell, at] of run.cells) cell.x = run.wish + at;
}

/// Edges into one operation end side by side, in the order in which they come.
function spreadEnds(cells) {
  for (const cell of cells.values()) {
    if (cell.child.open) continue;
    const step = Math.min(16, (cell.child.w - 20) / Math.max(cell.up.length, 1));
    cell.up.sort((a, b) => a.a.x + a.aOff - b.a.x - b.aOff).forEach((l, i) => { l.bOff = (i - (cell.up.length - 1) / 2) * step; });
  }
}

/// Points of one part, straight down through layers, so that the bends are between them.
function route(part, tops, heights, shift, height) {
  const points = [], last = part.cells.length - 1;
  part.cells.forEach((cell, i) => {
    const layer = part.from + i, x = cell.x + shift;
    if (i === 0 && part.a) {
      const at = x + (part.a.open ? rimOffset(part, -1) : 0), under = part.a.dy + part.a.h;
      points.push([at, under - (part.a.open ? 0 : part.a.label ? GAP.label : 0)], [at, tops[layer] + heights[layer]]);
    } else if (i === last && part.b) {
      const at = x + (part.b.open ? rimOffset(part, 1) : part.end.bOff);
      points.push([at, tops[layer]], [at, part.b.dy]);
    } else if (i === 0) points.push([x, 0], [x, tops[layer]]);
    else if (i === last) points.push([x, tops[layer]], [x, height]);
    else points.push([x, tops[layer]], [x, tops[layer] + heights[layer]]);
  });
  return points;
}

function bytes(n) {
  let unit = 0;
  for (; n >= 1024 && unit < 3; unit++) n /= 1024;
  return (unit && n < 100 ? n.toFixed(1).replace(/\.0$/, "") : Math.round(n)) + " " + ["B", "KiB", "MiB", "GiB"][unit];
}
