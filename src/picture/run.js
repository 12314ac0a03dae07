// Shows what was computed: at a moment of the chosen run its sentence, its arrows, its lines and its rungs.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const [play, scrubber, now, told, holds] = ["play", "scrubber", "now", "event", "holds"].map(byId);
  const count = byId("count");
  if (!scrubber) return;

  let run = data.first;
  let at = data.runs[run].first;
  let playing = false;

  const text = (index) => data.texts[index];

  function say(still) {
    now.textContent = still.when;
    told.textContent = text(still.say) + ".";
  }

  function arrows(still) {
    const graph = document.querySelector(`[data-graph="${run}"]`);
    const rings = new Set(still.ring);
    const shown = new Set([...still.waits, ...still.ring]);
    const members = new Set();
    for (const arrow of all("[data-arrow]", graph)) {
      const number = Number(arrow.dataset.arrow);
      arrow.classList.toggle("on", shown.has(number));
      arrow.classList.toggle("cycle", rings.has(number));
      if (rings.has(number)) members.add(arrow.dataset.waiter);
    }
    for (const node of all("[data-node]", graph)) node.classList.toggle("cycle", members.has(node.dataset.node));
  }

  function lines(still) {
    const items = still.lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = text(line);
      return item;
    });
    holds.replaceChildren(...items);
  }

  function show(index) {
    const stills = data.runs[run].stills;
    at = Math.max(0, Math.min(index, stills.length - 1));
    const still = stills[at];
    scrubber.value = at;
    count.textContent = `event ${at} of ${stills.length - 1}`;
    scrubber.setAttribute("aria-valuetext", `${still.when}: ${text(still.say)}`);
    say(still);
    arrows(still);
    lines(still);
    const rungs = all(`#ladder [data-of="${run}"] [data-rung]`);
    rungs.forEach((rung, index) => { rung.textContent = text(still.rungs[index]); });
    const cursor = document.querySelector(`[data-cursor="${run}"]`);
    cursor.setAttribute("x1", still.x);
    cursor.setAttribute("x2", still.x);
  }

  function choose(other) {
    run = other;
    for (const part of all("[data-of]")) part.hidden = Number(part.dataset.of) !== run;
    for (const part of all("[data-details]")) part.hidden = Number(part.dataset.details) !== run;
    for (const part of all("figure[data-run]")) part.classList.toggle("chosen", Number(part.dataset.run) === run);
    for (const button of all("[data-choose]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.choose) === run));
    }
    for (const name of all("[data-name]")) name.textContent = data.runs[run].name;
    scrubber.max = data.runs[run].stills.length - 1;
    show(data.runs[run].first);
  }

  // A few moments a second; the whole run in half a minute at the most.
  function start() {
    const length = data.runs[run].stills.length;
    if (at >= length - 1) show(0);
    const pace = Math.min(800, 30000 / length);
    let last = null;
    playing = true;
    holds.setAttribute("aria-live", "off");
    play.textContent = "Pause";
    const tick = (time) => {
      if (!playing) return;
      last ??= time;
      const steps = Math.floor((time - last) / pace);
      if (steps > 0) {
        last += steps * pace;
        show(at + steps);
      }
      if (at >= data.runs[run].stills.length - 1) stop();
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  function stop() {
    playing = false;
    holds.setAttribute("aria-live", "polite");
    play.textContent = "Play";
  }

  function move(index) {
    stop();
    show(index);
  }

  const toggle = () => (playing ? stop() : start());
  play.addEventListener("click", toggle);
  byId("back").addEventListener("click", () => move(at - 1));
  byId("forth").addEventListener("click", () => move(at + 1));
  scrubber.addEventListener("input", () => move(Number(scrubber.value)));
  for (const button of all("[data-choose]")) {
    button.addEventListener("click", () => { stop(); choose(Number(button.dataset.choose)); });
    // A space that played is not a click, too.
    button.addEventListener("keyup", (event) => { if (event.key === " " && isChosen(button)) event.preventDefault(); });
  }
  const isChosen = (target) => target.matches('[data-choose][aria-pressed="true"]');
  // Wherever no slider and no lane has these keys for itself: arrows step, a space on the chosen run's name plays.
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    if (!(target instanceof Element) || target.closest("input, summary, .lane")) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) move(at + step);
    else if (event.key === " " && isChosen(target)) toggle();
    else return;
    event.preventDefault();
  });

  // A piece of a lane: hover or focus tells it, a click or Enter takes the cursor there.
  const piece = (target) => (target instanceof Element ? target.closest("[data-from]") : null);
  const tell = (target) => {
    const found = piece(target);
    if (!found) return;
    now.textContent = ""; // the sentence says when it was, and that is not where the cursor stands
    told.textContent = found.querySelector("title").textContent;
  };
  const untell = () => say(data.runs[run].stills[at]);
  function go(target) {
    const found = piece(target);
    if (!found) return;
    stop();
    const owner = Number(found.closest("[data-run]").dataset.run);
    if (owner !== run) choose(owner);
    const [from, to] = [Number(found.dataset.from), Number(found.dataset.to)];
    const stills = data.runs[run].stills;
    const within = stills.findIndex((still) => still.t >= from && still.t <= to);
    show(within >= 0 ? within : stills.findLastIndex((still) => still.t <= from));
  }
  function walk(lane, event) {
    const pieces = all("[data-from]", lane).sort((a, b) => a.dataset.from - b.dataset.from);
    const here = pieces.indexOf(document.activeElement);
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: pieces.length - 1 }[event.key];
    if (next === undefined || !pieces[next]) return;
    event.preventDefault();
    pieces[next].setAttribute("tabindex", "-1");
    pieces[next].setAttribute("role", "img"); // so that its title is its name
    pieces[next].focus();
  }
  for (const figure of all("figure[data-run]")) {
    figure.addEventListener("pointerover", (event) => tell(event.target));
    figure.addEventListener("pointerout", untell);
    figure.addEventListener("focusin", (event) => tell(event.target));
    figure.addEventListener("focusout", untell);
    figure.addEventListener("click", (event) => go(event.target));
  }
  for (const lane of all(".lane")) {
    lane.setAttribute("tabindex", "0");
    lane.addEventListener("keydown", (event) => {
      if (event.key === "Enter") go(document.activeElement);
      else walk(lane, event);
    });
  }
  choose(run);
})();
