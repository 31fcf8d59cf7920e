// Sixty bars, one a minute, as inline SVG that can be read by pointer, finger, key and screen reader.

const NAMESPACE = "http://www.w3.org/2000/svg";
const HEIGHT = 200;
const MARGIN = { top: 10, right: 2, bottom: 24, left: 44 };

/** Draw into `place`. `read(text)` is told what the chosen minute says, or nothing. */
export class Chart {
  constructor(place, { title, value, label, axis, minute, read }) {
    Object.assign(this, { place, title, value, label, axis, minute, read, points: [], chosen: null });
    new ResizeObserver(() => this.draw()).observe(place);
    place.addEventListener("pointermove", (event) => this.point(event));
    place.addEventListener("pointerdown", (event) => this.point(event));
    place.addEventListener("pointerleave", () => this.choose(null));
    place.addEventListener("focusout", () => this.choose(null));
    place.addEventListener("keydown", (event) => this.key(event));
  }

  show(points) {
    this.points = points;
    this.draw();
  }

  draw() {
    const width = Math.max(this.place.clientWidth, 240);
    if (!this.points.length) return;
    const values = this.points.map(this.value);
    const ticks = niceTicks(Math.max(...values));
    const left = MARGIN.left, bottom = HEIGHT - MARGIN.bottom;
    this.step = (width - left - MARGIN.right) / this.points.length;
    const y = (value) => bottom - (value / ticks.at(-1)) * (bottom - MARGIN.top);

    const svg = element("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, role: "img", tabindex: 0 });
    svg.append(text("title", this.title), text("desc", this.describe(values)));
    for (const tick of ticks) {
      svg.append(element("line", { class: "grid", x1: left, x2: width - MARGIN.right, y1: y(tick), y2: y(tick) }));
      svg.append(text("text", this.axis(tick), { class: "tick", x: left - 8, y: y(tick) + 4, "text-anchor": "end" }));
    }
    this.bars = values.map((value, index) => {
      const top = y(value);
      const bar = element("rect", {
        class: "bar", x: left + index * this.step + this.step * 0.12, width: this.step * 0.76,
        y: value ? Math.min(top, bottom - 2) : bottom, height: value ? Math.max(bottom - top, 2) : 0, rx: Math.min(2, this.step / 4),
      });
      svg.append(bar);
      return bar;
    });
    this.bars.at(-1).classList.add("running");
    this.labelMinutes(svg, width);
    // Some browsers say that the old picture lost the focus when it is taken away.
    const focused = this.place.contains(document.activeElement), chosen = this.chosen;
    this.place.replaceChildren(svg);
    if (focused) svg.focus();
    this.choose(chosen);
  }

  labelMinutes(svg, width) {
    this.points.forEach((point, index) => {
      if (!this.minute(point).match(/:(00|15|30|45)$/)) return;
      const x = MARGIN.left + (index + 0.5) * this.step;
      const anchor = x > width - 18 ? "end" : "middle";
      svg.append(text("text", this.minute(point), { class: "tick", x: Math.min(x, width), y: HEIGHT - 6, "text-anchor": anchor }));
    });
  }

  describe(values) {
    const top = Math.max(...values);
    if (!top) return "Nothing in the last 60 minutes.";
    return `The last 60 minutes. Most at ${this.label(this.points[values.indexOf(top)])}. Arrow keys read each minute.`;
  }

  point(event) {
    const box = this.place.getBoundingClientRect();
    const index = Math.floor((event.clientX - box.left - MARGIN.left) / this.step);
    this.choose(index >= 0 && index < this.points.length ? index : null);
  }

  key(event) {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!move) return;
    event.preventDefault();
    const last = this.points.length - 1;
    const from = this.chosen ?? (move < 0 ? last + 1 : -1);
    this.choose(Math.min(last, Math.max(0, from + move)));
  }

  choose(index) {
    this.chosen = index;
    this.bars?.forEach((bar, number) => bar.classList.toggle("chosen", number === index));
    this.read(index === null ? null : this.label(this.points[index]));
  }
}

/** Round marks from zero to at least `top`: steps of 1, 2 or 5 times a power of ten, none below 1. */
function niceTicks(top) {
  const raw = Math.max(top, 4) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, [1, 2, 5, 10].find((factor) => factor * power >= raw) * power);
  return Array.from({ length: Math.ceil(Math.max(top, 4) / step) + 1 }, (_, index) => index * step);
}

function element(name, attributes = {}) {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function text(name, content, attributes) {
  const made = element(name, attributes);
  made.textContent = content;
  return made;
}
