// From boxes and edges to pixels. Only what lies within the window is drawn.

const KINDS = [  // of operations, for the colour; the first that fits
  ["leaf", "leaf", /^leaf$/],
  ["product", "matrix operation", /^(matmul|linear|conv|attention|bmm|einsum|embed|solve|inv|det|slogdet|cholesky|eigh|eig|qr|svd|pinv|outer|dot|lstsq)/],
  ["loss", "loss", /(cross_entropy|_loss|^nll|^mse|^kl_|^huber)/],
  ["reduce", "over an axis", /^(sum|mean|max|min|amax|amin|prod|var|std|norm|softmax|log_softmax|logsumexp|cum|layer_norm|batch_norm|rms_norm|group_norm|sort|topk|pool|avg|fft)/],
  ["shape", "shape or place", /^(reshape|transpose|permute|slice|expand|squeeze|unsqueeze|flatten|concat|stack|split|gather|scatter|index|pad|flip|roll|to$|select|tril|triu|diag|as_strided)/],
  ["elementwise", "element-wise", /^(a?(sin|cos|tan)h?|abs|add|sub|mul|div|neg|pow|exp|expm1|log|log1p|log2|log10|sqrt|rsqrt|square|tanh|sigmoid|relu|gelu|elu|silu|erf|erfc|where|clamp|maximum|minimum|dropout|softplus|leaky|scalar|sign|floor|ceil|round|recip|hypot|logit|mish|selu|celu|lgamma|digamma|hard|lerp)/],
  ["other", "other", /./],
];
const kindOf = (op) => KINDS.find(([, , pattern]) => pattern.test(op))[0];

const FONT = { op: "600 12px system-ui, 'DejaVu Sans', sans-serif", small: "10.5px system-ui, 'DejaVu Sans', sans-serif" };

/// Colours as the style sheet has them now, light or dark.
function themeColours() {
  const style = getComputedStyle(document.documentElement), theme = {};
  for (const name of ["page", "ink", "faint", "module", "part", "module-rim", "wire", "accent", "accent-fill", "done", "low", "high",
    "op-module", ...KINDS.map(([kind]) => "op-" + kind)]) theme[name] = style.getPropertyValue("--" + name).trim();
  return theme;
}

function mix(a, b, share) {
  const part = (hex, i) => parseInt(hex.slice(1 + 2 * i, 3 + 2 * i), 16);
  return "rgb(" + [0, 1, 2].map((i) => Math.round(part(a, i) + (part(b, i) - part(a, i)) * share)).join(",") + ")";
}

function titleOf(box, nodes) {
  if (box.node === undefined) return box.name;
  const { name, op } = nodes[box.node], path = box.parent.path + ".";
  return name ? (name.startsWith(path) ? name.slice(path.length) : name) : op;
}
/// The second line: what the chosen colour shows, in numbers.
function noteOf(box, nodes, colour) {
  if (colour === "time" && box.kind !== "leaf") return duration(box.forward + box.backward);
  if (colour === "memory" && box.kind !== "leaf") return "keeps " + bytes(box.keeps);
  if (box.node !== undefined) return "#" + nodes[box.node].number + (nodes[box.node].again ? " again" : "");
  return box.ops + (box.ops === 1 ? " operation" : " operations");
}
function duration(ns) {
  return ns < 0 ? "-" : ns < 1e6 ? (ns / 1e3).toFixed(1) + " µs" : (ns / 1e6).toFixed(2) + " ms";
}

/// Measures a closed box, so that its text fits in any colour mode.
function measure(ctx, box, label, nodes) {
  ctx.font = FONT.op;
  const title = ctx.measureText(titleOf(box, nodes)).width + (box.children.length ? 18 : 0);
  ctx.font = FONT.small;
  const note = Math.max(...["op", "time", "memory"].map((c) => ctx.measureText(noteOf(box, nodes, c)).width));
  const reach = label ? ctx.measureText(label).width + 8 : 0;
  return { w: Math.max(title + 24, note + 46, 84), h: 38 + (label ? GAP.label : 0), label: label || "", reach };
}

/// Draws everything. `scene`: nodes, plan (a layout), state (of the backward pass), camera, colour, hover, selected.
function paint(ctx, width, height, scene) {
  const theme = themeColours(), { camera, plan } = scene, scale = devicePixelRatio * camera.k;
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.fillStyle = theme.page;
  ctx.fillRect(0, 0, width * devicePixelRatio, height * devicePixelRatio);
  ctx.setTransform(scale, 0, 0, scale, -camera.x * scale, -camera.y * scale);
  const view = { x0: camera.x, y0: camera.y, x1: camera.x + width / camera.k, y1: camera.y + height / camera.k };
  const visible = (b) => b.x < view.x1 && b.x + Math.max(b.w, b.w / 2 + (b.reach || 0)) > view.x0 && b.y < view.y1 && b.y + b.h > view.y0;
  const boxes = plan.shown.filter(visible), text = camera.k > 0.33;
  for (const box of boxes) if (box.open) paintOpen(ctx, box, theme, text);
  let drawn = 0;
  for (const edge of plan.edges) drawn += paintEdge(ctx, edge, view, theme, scene, text) ? 1 : 0;
  const most = Math.max(1, ...boxes.map((b) => b.open ? 0 : scene.colour === "time" ? b.forward + b.backward : b.keeps));
  for (const box of boxes) if (!box.open) paintClosed(ctx, box, theme, text, scene, most);
  return { boxes: boxes.length, edges: drawn };
}

function paintOpen(ctx, box, theme, text) {
  rounded(ctx, box.x, box.y, box.w, box.h, 9);
  ctx.fillStyle = box.kind === "part" ? theme.part : theme.module;
  ctx.fill();
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme["module-rim"];
  ctx.stroke();
  if (!text) return;
  ctx.font = FONT.op;
  ctx.fillStyle = theme.faint;
  ctx.textAlign = "left";
  ctx.fillText("− " + box.name, box.x + 9, box.y + 16);
}

/// With `fine` as curves with heads, else, from far away, as plain lines.
function paintEdge(ctx, edge, view, theme, scene, fine) {
  const { state, hover, selected } = scene;
  const sends = state.running >= 0 && scene.plan.seen[state.running] === edge.b && state.targets.has(edge.a);
  const marked = [hover, selected].some((box) => box && (box === edge.a || box === edge.b));
  if (edge.far && !sends && !marked) return false;
  const { points, bounds } = edge;
  if (bounds.x0 > view.x1 || bounds.x1 < view.x0 || bounds.y0 > view.y1 || bounds.y1 < view.y0) return false;
  ctx.beginPath();
  ctx.moveTo(...points[0]);
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1], [x1, y1] = points[i], bend = (y0 + y1) / 2;
    if (x0 === x1 || edge.far || !fine) ctx.lineTo(x1, y1);
    else ctx.bezierCurveTo(x0, bend, x1, bend, x1, y1);
  }
  ctx.strokeStyle = ctx.fillStyle = sends ? theme.accent : marked ? theme.ink : theme.wire;
  ctx.lineWidth = sends ? 2.5 : marked ? 1.8 : Math.min(1 + edge.values.size * 0.2, 2.2);
  if (!fine) ctx.lineWidth = Math.max(ctx.lineWidth, (sends || marked ? 1.5 : 0.3) / scene.camera.k);
  if (edge.far) ctx.globalAlpha = 0.5;
  ctx.stroke();
  ctx.globalAlpha = 1;
  if (!fine) return true;
  // The head points the way of the value, or of the gradient while that travels.
  const [x, y] = sends ? points[0] : points[points.length - 1], way = sends ? 1 : -1;
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x - 3.5, y + way * 7);
  ctx.lineTo(x + 3.5, y + way * 7);
  ctx.fill();
  return true;
}

function paintClosed(ctx, box, theme, text, scene, most) {
  const { nodes, state, colour, camera } = scene, h = box.h - (box.label ? GAP.label : 0), kind = box.node === undefined ? "module" : kindOf(nodes[box.node].op);
  const progress = state.boxes.get(box) || { done: 0, all: 0, waiting: 0, running: false, arrived: 0, due: 0 };
  const amount = colour === "time" ? box.forward + box.backward : box.keeps;
  let fill = colour === "op" || box.kind === "leaf" ? theme["op-" + kind] : mix(theme.low, theme.high, Math.sqrt(amount / most));
  if (progress.running) fill = theme["accent-fill"];
  if (!text) {  // from far away
    const rim = Math.min((progress.running ? 5 : 1) / camera.k, progress.running ? 60 : 6);
    ctx.fillStyle = progress.running || progress.waiting ? theme.accent : progress.done ? theme.done : theme.wire;
    ctx.fillRect(box.x - rim, box.y - rim, box.w + 2 * rim, h + 2 * rim);
    ctx.fillStyle = fill;
    return ctx.fillRect(box.x, box.y, box.w, h);
  }
  const selected = scene.selected === box, radius = box.kind === "leaf" ? h / 2 : 6;
  if (box.children.length) {  // a second sheet behind: there is more inside
    rounded(ctx, box.x + 3, box.y + 3, box.w, h, radius);
    ctx.fillStyle = theme.module;
    ctx.fill();
    ctx.lineWidth = 1;
    ctx.strokeStyle = theme["module-rim"];
    ctx.stroke();
  }
  rounded(ctx, box.x, box.y, box.w, h, radius);
  ctx.fillStyle = fill;
  ctx.fill();
  ctx.lineWidth = progress.running ? 3 : selected || scene.hover === box || progress.waiting ? 2 : 1;
  ctx.strokeStyle = progress.running || progress.waiting ? theme.accent : selected || scene.hover === box ? theme.ink : progress.done ? theme.done : theme.wire;
  ctx.setLineDash(progress.waiting && !progress.running ? [5, 3] : []);
  ctx.stroke();
  ctx.setLineDash([]);
  if (state.step && progress.done) {  // how much of it has run
    ctx.fillStyle = theme.done;
    ctx.fillRect(box.x + radius / 2 + 3, box.y + h - 4, (box.w - radius - 6) * progress.done / progress.all, 2.5);
  }
  const middle = box.x + box.w / 2;
  ctx.textAlign = "center";
  ctx.fillStyle = theme.ink;
  ctx.font = FONT.op;
  ctx.fillText((box.children.length ? "+ " : "") + titleOf(box, nodes), middle, box.y + 16);
  ctx.font = FONT.small;
  ctx.globalAlpha = 0.75;
  ctx.fillText(noteOf(box, nodes, colour), middle, box.y + 29);
  if (box.farIn || box.farOut) {
    ctx.textAlign = "right";
    ctx.fillText((box.farIn ? "↑" + box.farIn : "") + (box.farOut ? "↓" + box.farOut : ""), box.x + box.w - 5, box.y + 29);
  }
  ctx.globalAlpha = 1;
  ctx.textAlign = "left";
  if (progress.waiting && box.node !== undefined && progress.due > 1) {
    ctx.fillStyle = theme.accent;
    ctx.fillText(progress.arrived + "/" + progress.due, box.x + 6, box.y + 29);
  }
  ctx.fillStyle = theme.faint;
  if (box.label) ctx.fillText(box.label, middle + 6, box.y + box.h - 3);
}

function rounded(ctx, x, y, w, h, r) {
  ctx.beginPath();
  ctx.moveTo(x + r, y);
  ctx.arcTo(x + w, y, x + w, y + h, r);
  ctx.arcTo(x + w, y + h, x, y + h, r);
  ctx.arcTo(x, y + h, x, y, r);
  ctx.arcTo(x, y, x + w, y, r);
  ctx.closePath();
}
