"use strict";
// Follows the moves from state to state. What a state is, who can move in it and what is said of it stands in the data:
// no rule of locking is written here. `Data` in data.rs says what stands where.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const element = (id) => document.getElementById(id);
  const text = (id) => data.texts[id];
  const DOOMED = 1, DEADLOCKED = 2;
  const REFUSED = 1, NOT_FOR_REAL = 2, UNSAID = 4, OFF_THE_PAGE = 8;
  const MOODS = ["free", "waits", "hurt", "over"];
  const MOST_STEPS = 24;

  // The moves made, each as the state that it was made in and its place among the moves from there.
  let past = [], future = [], at = 0, goal = 0, hinting = false;
  // The two moves of a process of which one is to be chosen, once its key was pressed.
  let asked = null;

  const state = (number = at) => {
    const [fate, views, board, graph, hint, verdict, moves] = data.states[number];
    return { fate, views, board, graph, hint, verdict, moves };
  };
  const move = (from, index) => {
    const moves = state(from).moves;
    const [who, offer, came, lost, flags] = data.moves[moves[2 * index]];
    return { who, offer, came, lost, flags, to: moves[2 * index + 1] };
  };
  const movesFrom = (from) => {
    const all = [];
    for (let index = 0; 2 * index < state(from).moves.length; index += 1) all.push(move(from, index));
    return all;
  };
  const made = () => past.map(([from, index]) => move(from, index));

  const put = (id, words) => { element(id).textContent = words; };
  const make = (name, words, kind) => {
    const made = document.createElement(name);
    if (words !== undefined) made.textContent = words;
    if (kind) made.className = kind;
    return made;
  };

  // How the game stands.
  const count = ([one, many], number) =>
    number === 0 ? "" : number === 1 ? one : many.replace(data.words.holes[1], String(number));
  const inMoves = (number) => {
    const [none, one, many] = data.words.made;
    return number === 0 ? none : number === 1 ? one : many.replace(data.words.holes[1], String(number));
  };
  const lost = () => made().reduce((sum, one) => sum + one.lost, 0);
  const reached = () => {
    const aim = data.goals[goal];
    return aim !== undefined && state().fate === aim.fate && !(aim.keeps && lost() > 0);
  };
  const verdict = () => {
    const aim = data.goals[goal], number = past.length;
    if (aim === undefined) return "";
    const [killed, said] = data.verdicts[state().verdict];
    const [far, bare] = data.words.holes;
    const behind = aim.least === null ? "" : aim.far[number === aim.least ? 0 : 1];
    const words = text(said[goal][reached() ? 0 : 1]);
    const refused = made().filter((one) => one.flags & REFUSED).length;
    return words.split(far).join(inMoves(number) + behind).split(bare).join(inMoves(number))
      + count(data.words.harms[0], refused) + count(data.words.harms[1], lost()) + text(killed);
  };

  const showVerdict = () => {
    const over = state().moves.length === 0;
    const won = reached();
    put("verdict", (won ? "The goal is reached. " : "") + verdict());
    element("verdict").className = won ? "good" : over ? "bad" : "";
  };

  const showHint = () => {
    if (!hinting) return put("hint-text", "");
    const [outlook, next] = data.hints[state().hint];
    const aim = data.goals[goal];
    const gone = aim && aim.keeps && lost() > 0;
    put("hint-text", `${text(outlook)} ${gone ? data.words.gone : aim ? text(next[goal][0]) : ""}`.trim());
    if (aim && !gone && next[goal][1] >= 0) {
      document.querySelector(`[data-move="${next[goal][1]}"]`).classList.add("hinted");
    }
  };

  const showProgram = (list, steps, current) => {
    const here = current < 0 ? steps.length : current;
    const first = Math.max(0, Math.min(here - MOST_STEPS / 2, steps.length - MOST_STEPS));
    const last = Math.min(steps.length, first + MOST_STEPS);
    list.replaceChildren();
    list.start = first + 1;
    if (first > 0) list.append(make("li", "…", "faint"));
    for (let step = first; step < last; step += 1) {
      const item = make("li", steps[step], step < here ? "done" : step === here ? "current" : "");
      if (step === here) item.setAttribute("aria-current", "step");
      list.append(item);
    }
    if (last < steps.length) list.append(make("li", "…", "faint"));
  };

  // Of several moves of one process each has its place behind the process's own key, from 1 on.
  const button = (index, one, place) => {
    const made = make("button");
    made.type = "button";
    made.dataset.move = index;
    made.dataset.who = one.who;
    if (one.who < 9) {
      const hint = make("kbd", `${one.who + 1}${place > 0 ? ` ${place}` : ""}`);
      hint.setAttribute("aria-hidden", "true");
      made.append(hint, " ");
    }
    const name = make("bdi", data.processes[one.who].name);
    made.append(name, `: ${text(one.offer)}`);
    made.disabled = (one.flags & OFF_THE_PAGE) !== 0;
    if (made.disabled) made.append(" (leads off this page)");
    made.addEventListener("click", () => go(index));
    return made;
  };

  const showProcesses = () => {
    const all = movesFrom(at);
    for (const [who, id] of state().views.entries()) {
      const [step, progress, standing, mood] = data.views[id];
      const item = document.querySelector(`[data-process="${who}"]`);
      item.className = MOODS[mood];
      item.querySelector(".standing").textContent = text(standing);
      item.querySelector(".progress").textContent = text(progress);
      showProgram(item.querySelector(".program"), data.processes[who].steps, step);
      const indexes = all.map((one, index) => [one, index]).filter(([one]) => one.who === who);
      const several = indexes.length > 1;
      item.querySelector(".moves").replaceChildren(...indexes.map(([one, index], place) =>
        button(index, one, several ? place + 1 : 0)));
    }
  };

  const showLocks = () => {
    const board = data.boards[state().board];
    document.querySelectorAll("[data-lock]").forEach((cell, index) => { cell.textContent = text(board[index]); });
  };

  const showGraph = () => {
    const [plain, cycle, waits] = data.graphs[state().graph];
    const members = new Set();
    document.querySelectorAll("[data-arrow]").forEach((arrow, id) => {
      arrow.setAttribute("class", `arrow${cycle.includes(id) ? " cycle" : plain.includes(id) ? " on" : ""}`);
      if (cycle.includes(id)) members.add(arrow.dataset.waiter);
    });
    document.querySelectorAll("[data-node]").forEach((node) => {
      node.classList.toggle("cycle", members.has(node.dataset.node));
    });
    const said = waits.map(text);
    if (cycle.length > 0) said.push("The cycle is drawn thick and dashed.");
    put("graph-text", said.length > 0 ? said.join(" ") : "Nobody waits.");
  };

  const showHistory = () => {
    const items = past.map(([from, index]) => {
      const one = move(from, index), item = make("li");
      const { name, steps } = data.processes[one.who];
      const [step] = data.views[state(from).views[one.who]];
      item.append(make("bdi", name), `: ${steps[step]}`, make("span", ` - ${text(one.came)}`, "faint"));
      const before = state(from).fate, after = state(one.to).fate;
      if (before === 0 && (after === DOOMED || after === DEADLOCKED)) {
        item.className = "no-return";
        const words = "The point of no return: after this move no schedule brings everybody to the end.";
        item.append(make("strong", ` ${words}`));
      }
      return item;
    });
    element("history").replaceChildren(...items);
  };

  const showSchedule = () => {
    const all = made(), { real, model } = data.words;
    const words = all.map((one) => data.processes[one.who].word).join(" ");
    const quoted = all.map((one) => data.processes[one.who].quoted).join(" ");
    const [before, behind] = all.some((one) => one.flags & NOT_FOR_REAL) ? model : real;
    const unsaid = all.some((one) => one.flags & UNSAID);
    put("schedule", all.length > 0 ? words : "No move was made.");
    const command = all.length > 0 && before !== "" && !unsaid ? before + quoted + behind : "";
    put("command", unsaid ? "No schedule can say that the time of a process is over." : command);
    element("copy").disabled = all.length === 0;
    element("copy-command").disabled = command === "";
    put("copied", "");
  };

  const show = () => {
    asked = null;
    element("undo").disabled = past.length === 0;
    element("restart").disabled = past.length === 0;
    element("redo").disabled = future.length === 0;
    element("hint").setAttribute("aria-pressed", String(hinting));
    showProcesses();
    showLocks();
    showGraph();
    showVerdict();
    showHint();
    showHistory();
    showSchedule();
  };

  // What can be done.
  const step = (index) => {
    past.push([at, index]);
    at = move(at, index).to;
  };
  const go = (index) => {
    const who = move(at, index).who;
    future = [];
    hinting = false;
    step(index);
    show();
    const can = (which) => document.querySelector(`${which}:enabled`);
    const again = can(`[data-who="${who}"]`) ?? can("[data-move]");
    (again ?? element("undo")).focus({ preventScroll: true });
  };
  const back = () => {
    const last = past.pop();
    if (last === undefined) return false;
    at = last[0];
    future.push(last[1]);
    return true;
  };
  const actions = {
    undo: () => { back(); },
    redo: () => { if (future.length > 0) step(future.pop()); },
    restart: () => { while (back()) { /* one move after the other, so that all can be made again */ } },
    hint: () => { hinting = true; },
  };
  const act = (name) => {
    hinting = false;
    actions[name]();
    show();
  };
  Object.keys(actions).forEach((name) => element(name).addEventListener("click", () => act(name)));

  // Keys, as on the terminal.
  const choose = (who) => {
    const buttons = [...document.querySelectorAll(`[data-who="${who}"]:enabled`)];
    if (buttons.length === 1) buttons[0].click();
    if (buttons.length > 1) {
      asked = buttons;
      buttons[0].focus();
    }
  };
  const answer = (key) => {
    const buttons = asked;
    asked = null;
    buttons[Number(key) - 1]?.click();
  };
  const walk = (by) => {
    const all = [...document.querySelectorAll("[data-move]:enabled")];
    const now = all.indexOf(document.activeElement);
    all[now < 0 ? 0 : Math.max(0, Math.min(all.length - 1, now + by))]?.focus();
  };
  const letters = { u: "undo", r: "redo", R: "restart", h: "hint" };
  document.addEventListener("keydown", (event) => {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // The arrows go from goal to goal there.
    if (event.target.matches("input") && key.startsWith("Arrow")) return;
    if (asked !== null && (key === "1" || key === "2")) answer(key);
    else if (asked !== null && key === "Escape") asked = null;
    else if (/^[1-9]$/.test(key)) choose(Number(key) - 1);
    else if (key in letters) act(letters[key]);
    else if (key === "ArrowDown") walk(1);
    else if (key === "ArrowUp") walk(-1);
    else return;
    event.preventDefault();
  });

  document.querySelectorAll("[name=goal]").forEach((choice) => choice.addEventListener("change", () => {
    goal = Number(choice.value);
    put("goal-text", data.goals[goal].text);
    show();
  }));

  // A page from disk may not be allowed to write to the clipboard: then the words are marked, ready to be copied.
  const copy = async (id) => {
    const words = element(id).textContent;
    try {
      await navigator.clipboard.writeText(words);
      put("copied", "Copied.");
    } catch {
      getSelection().selectAllChildren(element(id));
      put("copied", "It is marked: copy it with Ctrl+C.");
    }
  };
  element("copy").addEventListener("click", () => copy("schedule"));
  element("copy-command").addEventListener("click", () => copy("command"));

  show();
})();
