"use strict";

// Paper cannot be clicked: what is folded away is open while the page is printed, and as it was
// afterwards. The diagrams, which are many, are printed only where the reader has opened them.
(() => {
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")].filter(
      (details) => !details.closest(".diagrams"));
    closed.forEach((details) => (details.open = true));
  });
  addEventListener("afterprint", () => closed.forEach((details) => (details.open = false)));
})();

// Timelines. The data is PlaybackData's: texts and rows are written once and named by their place.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const INTERRUPT = 11; // how many fields a row of an interrupt has; a vCPU's has four
  const FIRST_MOMENT = 3; // in a frame, after actor, phase, and how many steps were skipped

  const make = (name, style, ...children) => {
    const element = document.createElement(name);
    if (style) element.className = style;
    element.append(...children);
    return element;
  };

  class Timeline {
    constructor(root) {
      this.root = root;
      this.data = JSON.parse(root.querySelector("script").textContent);
      this.at = 0;
      const preferred = ["explicit-late", "automatic-linux"];
      const found = preferred.map((name) => this.data.contenders.indexOf(name));
      this.shown = found.every((index) => index >= 0)
        ? found
        : this.data.contenders.map((_, index) => index).slice(0, 2);
      this.build();
      this.show(0);
    }

    text(place) {
      return this.data.texts[place];
    }

    get last() {
      return this.data.frames.length - 1;
    }

    build() {
      const button = (label, title, to) => {
        const element = make("button", "", label);
        element.type = "button";
        element.title = title;
        element.setAttribute("aria-label", title);
        element.addEventListener("click", () => this.show(to()));
        return element;
      };
      this.first = button("|◀", "first step (Home)", () => 0);
      this.back = button("◀", "one step back (left arrow)", () => this.at - 1);
      this.forward = button("▶", "one step forward (right arrow)", () => this.at + 1);
      this.end = button("▶|", "last step (End)", () => this.last);
      this.first.classList.add("first");
      this.back.classList.add("back");
      this.forward.classList.add("forward");
      this.end.classList.add("end");
      this.counter = make("span", "counter");
      this.phase = make("span", "phase");
      const controls = make("div", "controls",
        this.first, this.back, this.forward, this.end, this.counter, this.phase);
      this.tracks = make("div", "tracks");
      this.labels = this.data.contenders.map((name, index) => {
        const label = make("button", "contender", name);
        label.type = "button";
        label.addEventListener("click", () => this.choose(index));
        this.tracks.append(label, this.track(index));
        return label;
      });
      this.panes = make("div", "panes");
      this.panes.setAttribute("aria-live", "polite");
      this.root.append(controls, this.tracks, this.panes);
      this.root.addEventListener("keydown", (event) => this.key(event));
    }

    // A contender's whole run as a strip, coloured by what its steps are about.
    track(index) {
      const frames = this.data.frames;
      const strip = document.createElementNS(SVG, "svg");
      strip.setAttribute("viewBox", `0 0 ${frames.length} 1`);
      strip.setAttribute("preserveAspectRatio", "none");
      strip.setAttribute("aria-hidden", "true");
      const paths = new Map();
      frames.forEach((frame, place) => {
        const moment = frame[FIRST_MOMENT + index];
        if (!moment) return;
        const kind = this.text(moment[2]);
        paths.set(kind, (paths.get(kind) ?? "") + `M${place + 0.1} 0h.8v1h-.8z`);
      });
      for (const [kind, path] of paths) {
        const drawn = document.createElementNS(SVG, "path");
        drawn.setAttribute("d", path);
        drawn.setAttribute("class", "t-" + kind);
        strip.append(drawn);
      }
      const track = make("div", "track", strip, make("i", "playhead"));
      track.addEventListener("click", (event) => {
        const box = track.getBoundingClientRect();
        this.show(Math.floor(((event.clientX - box.left) / box.width) * frames.length));
        this.root.focus({ preventScroll: true });
      });
      return track;
    }

    // The one asked for, next to the one asked for before.
    choose(index) {
      if (this.shown.includes(index)) {
        if (this.shown.length > 1) this.shown = this.shown.filter((other) => other !== index);
      } else {
        this.shown = [...this.shown.slice(-1), index].sort((a, b) => a - b);
      }
      this.show(this.at);
    }

    key(event) {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const to = {
        ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: this.last,
        PageUp: this.phaseFrom(-1), PageDown: this.phaseFrom(1),
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.show(to);
    }

    // The first step of the phase before or after.
    phaseFrom(direction) {
      const phaseOf = (place) => this.data.frames[place][1];
      let place = this.at;
      const here = phaseOf(place);
      while (place + direction >= 0 && place + direction <= this.last) {
        place += direction;
        if (phaseOf(place) !== here) break;
      }
      while (place > 0 && phaseOf(place - 1) === phaseOf(place)) place--;
      return place;
    }

    // What a contender's host looks like after a frame: everything that changed so far.
    state(index, upTo) {
      const rows = new Map();
      let changed = new Set();
      let gone = [];
      for (let place = 0; place <= upTo; place++) {
        const moment = this.data.frames[place][FIRST_MOMENT + index];
        changed = new Set();
        gone = [];
        if (!moment) continue;
        for (const name of moment[7]) {
          gone.push(rows.get(name));
          rows.delete(name);
        }
        for (const row of moment[6]) {
          const fields = this.data.rows[row];
          rows.set(fields[0], fields);
          changed.add(fields[0]);
        }
      }
      return { rows: [...rows.values()], changed, gone: gone.filter((row) => row) };
    }

    show(to) {
      this.at = Math.max(0, Math.min(this.last, to));
      const frame = this.data.frames[this.at];
      this.root.dataset.step = this.at;
      this.first.disabled = this.back.disabled = this.at === 0;
      this.forward.disabled = this.end.disabled = this.at === this.last;
      this.counter.textContent = `step ${this.at + 1} of ${this.last + 1}`;
      this.phase.textContent = this.text(frame[1])
        + (frame[2] ? ` (${frame[2]} steps like those before left out)` : "");
      this.labels.forEach((label, index) =>
        label.setAttribute("aria-pressed", this.shown.includes(index)));
      for (const playhead of this.tracks.querySelectorAll(".playhead")) {
        playhead.style.left = `${(100 * this.at) / (this.last + 1)}%`;
        playhead.style.width = `${100 / (this.last + 1)}%`;
      }
      this.panes.replaceChildren(...this.shown.map((index) => this.pane(index, frame)));
      this.panes.dataset.count = this.shown.length;
    }

    pane(index, frame) {
      const pane = make("div", "pane", make("h4", "", this.data.contenders[index]));
      const moment = frame[FIRST_MOMENT + index];
      const step = make("div", "step");
      if (moment) {
        const call = make("code", "k-" + this.text(moment[2]), this.text(moment[1]));
        step.append(make("p", "call", make("span", "actor", this.text(frame[0])), call));
        if (this.text(moment[3])) {
          step.firstChild.append(make("b", "errno", "= " + this.text(moment[3])));
        }
        step.append(make("p", "caption", this.text(moment[4])));
        if (this.text(moment[5])) {
          step.append(make("p", "why", "Because: " + this.text(moment[5]) + "."));
        }
      } else {
        step.append(make("p", "caption waits", "Nothing to do here: another contender makes a call"
          + " only for forwarding."));
      }
      pane.append(step, this.picture(index));
      return pane;
    }

    picture(index) {
      const { rows, changed, gone } = this.state(index, this.at);
      const order = (a, b) => this.text(a[0])
        .localeCompare(this.text(b[0]), "en", { numeric: true });
      const isInterrupt = (row) => row.length === INTERRUPT;
      const interrupts = rows.filter(isInterrupt).sort(order);
      const picture = make("div", "picture");
      if (interrupts.length || gone.some(isInterrupt)) {
        picture.append(make("div", "irq heading", ...["interrupt", "VFIO's end", "eventfd",
          "KVM's end", "becomes", "goes"].map((title) => make("span", "", title))));
      } else {
        picture.append(make("p", "nothing", "No interrupt is set up."));
      }
      for (const row of interrupts) {
        picture.append(this.interrupt(row, changed.has(row[0]) ? "changed" : ""));
      }
      for (const row of gone.filter(isInterrupt)) {
        picture.append(this.interrupt(row, "gone"));
      }
      const vcpus = rows.filter((row) => !isInterrupt(row)).sort(order);
      picture.append(make("div", "vcpus", ...vcpus.map((row) =>
        this.vcpu(row, changed.has(row[0]) ? "changed" : ""))));
      return picture;
    }

    interrupt(row, style) {
      const [name, host, producer, eventfd, consumer, binding, route, guest, explicit, way,
        reason] = row;
      const wayName = this.text(way);
      const wayWord = this.data.words[wayName];
      const end = (place) =>
        make("span", "end end-" + this.text(place), this.data.words[this.text(place)]);
      const two = (first, second) => make("span", "two", make("b", "", first),
        ...(second ? [make("small", "", second)] : []));
      const where = [this.text(route), this.text(guest)].filter((text) => text).join(", ");
      const line = make("div", `irq way-${wayName} ${style}`,
        two(this.text(name), this.text(host) && "host: " + this.text(host)),
        end(producer),
        make("span", "fd", this.text(eventfd) || (explicit ? "by call" : "none")),
        end(consumer),
        two(this.text(binding) || "nothing", where),
        make("span", "way", style === "gone" ? "gone" : wayWord + (explicit ? ", by call" : "")));
      if (wayName !== "bypassed" && style !== "gone") {
        line.append(make("span", "reason", this.text(reason)));
      }
      return line;
    }

    vcpu(row, style) {
      const [name, state, pending, inService] = row.map((place) => this.text(place));
      const chip = make("span", "vcpu " + style, make("b", "", name), " " + state);
      if (pending) chip.append(make("em", "", "pending " + pending));
      if (inService) chip.append(make("em", "", "in service " + inService));
      return chip;
    }
  }

  const timelines = [...document.querySelectorAll(".timeline")].map((root) => new Timeline(root));

  // Arrow keys also step what is in the middle of the screen, so that nobody has to click first.
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey
        || !["ArrowLeft", "ArrowRight"].includes(event.key)
        || event.target.closest("input, .scroll, .diagram")) {
      return;
    }
    const middle = innerHeight / 2;
    const inView = timelines.find((timeline) => {
      const box = timeline.root.getBoundingClientRect();
      return box.top <= middle && box.bottom >= middle;
    });
    inView?.key(event);
  });
})();
