// Painting on a photo with finger, pen or mouse. Strokes and box are kept as shares (0..1) of the photo's sides and sent only with "search":
// {strokes: [{points: [[x, y], ...], width (share of the longer side), garment}], box: [left, top, right, bottom] or null}.
const THICK = 0.05, THIN = 0.018, LEAST_STEP = 0.004, LEAST_BOX = 0.03, MOST_POINTS = 400;
const SVG = "http://www.w3.org/2000/svg";

export default function ({ data, parentElement, setTriggerValue }) {
  const find = (selector) => parentElement.querySelector(selector);
  const all = (selector) => [...parentElement.querySelectorAll(selector)];
  const svg = find("svg");
  const [width, height] = data.size;
  const long = Math.max(width, height);

  // Called again whenever the page has run: what is painted stays unless the page says that it starts anew.
  let state = parentElement.paint;
  if (!state || state.turn !== data.turn) {
    state = parentElement.paint = { turn: data.turn, mode: state?.mode ?? "garment", thin: false, done: [], drawing: null };
    for (const stroke of data.strokes ?? []) state.done.push({ stroke });
    if (data.box) state.done.push({ box: data.box });
  }

  find(".photo").src = data.photo;
  find(".photo").alt = data.words.picture;
  find(".veil").src = data.veil || "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";
  find(".stage").style.aspectRatio = `${width} / ${height}`;
  find(".stage").style.width = `min(100%, calc(62vh * ${width / height}))`;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  for (const button of all("button")) button.textContent = data.words[button.dataset.mode ?? button.dataset.act];

  const boxNow = () => state.done.findLast((step) => step.box)?.box ?? null;
  const strokes = () => state.done.filter((step) => step.stroke).map((step) => step.stroke);

  function element(name, attributes) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    svg.append(made);
  }

  function draw() {
    svg.replaceChildren();
    const { drawing } = state;
    for (const stroke of [...strokes(), ...(drawing?.stroke ? [drawing.stroke] : [])]) {
      const points = stroke.points.length > 1 ? stroke.points : [stroke.points[0], stroke.points[0]];
      element("polyline", {
        points: points.map(([x, y]) => `${(x * width).toFixed(1)},${(y * height).toFixed(1)}`).join(" "),
        "stroke-width": stroke.width * long, class: stroke.garment ? "garment" : "other",
      });
    }
    const box = drawing?.box ?? boxNow();
    if (box) {
      const [left, top, right, bottom] = box;
      for (const kind of ["under", "over"])
        element("rect", { class: kind, x: left * width, y: top * height, width: (right - left) * width, height: (bottom - top) * height });
    }
    for (const button of all("[data-mode]")) button.setAttribute("aria-pressed", button.dataset.mode === state.mode);
    find("[data-act=thin]").setAttribute("aria-pressed", state.thin);
    find("[data-act=undo]").disabled = find("[data-act=clear]").disabled = find("[data-act=search]").disabled = !state.done.length;
    find(".hint").textContent = data.words[`hint_${state.mode}`];
  }

  function place(event) {
    const frame = svg.getBoundingClientRect();
    const share = (at, start, length) => Math.min(1, Math.max(0, (at - start) / length));
    return [share(event.clientX, frame.left, frame.width), share(event.clientY, frame.top, frame.height)];
  }

  svg.onpointerdown = (event) => {
    if (!event.isPrimary || event.button > 0) return; // a second finger or the right button does not paint
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    const at = place(event);
    const stroke = { points: [at], width: state.thin ? THIN : THICK, garment: state.mode === "garment" };
    state.drawing = state.mode === "box" ? { from: at, box: [...at, ...at] } : { stroke };
    draw();
  };
  svg.onpointermove = (event) => {
    const { drawing } = state;
    if (!drawing || !event.isPrimary) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) {
      const [x, y] = place(move);
      if (drawing.stroke) {
        const { points } = drawing.stroke, [lastX, lastY] = points.at(-1);
        if (Math.hypot(x - lastX, y - lastY) >= LEAST_STEP && points.length < MOST_POINTS) points.push([x, y]);
      } else {
        const [fromX, fromY] = drawing.from;
        drawing.box = [Math.min(x, fromX), Math.min(y, fromY), Math.max(x, fromX), Math.max(y, fromY)];
      }
    }
    draw();
  };
  const finish = (event) => {
    const { drawing } = state;
    if (!drawing || !event.isPrimary) return;
    state.drawing = null;
    if (drawing.stroke) state.done.push({ stroke: drawing.stroke });
    else if (drawing.box[2] - drawing.box[0] > LEAST_BOX && drawing.box[3] - drawing.box[1] > LEAST_BOX) state.done.push({ box: drawing.box });
    draw();
  };
  svg.onpointerup = svg.onpointercancel = finish;

  for (const button of all("[data-mode]")) button.onclick = () => { state.mode = button.dataset.mode; draw(); };
  find("[data-act=thin]").onclick = () => { state.thin = !state.thin; draw(); };
  find("[data-act=undo]").onclick = () => { state.done.pop(); draw(); };
  find("[data-act=clear]").onclick = () => { state.done = []; draw(); };
  find("[data-act=search]").onclick = () => setTriggerValue("search", { strokes: strokes(), box: boxNow() });
  draw();
}
