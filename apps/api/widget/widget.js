"use strict";
/*
 * Wellspring's widget: a button in the corner of any web page, behind it a conversation with the documents.
 *
 *   <script src="https://docs.example.com/widget.js" data-key="ws_…" defer></script>
 *
 * Attributes of the tag: data-key (a key with the scope "ask"; none in single-user mode), data-server (default: where the
 * script comes from), data-lang (en or zh; default: the page's), data-title, data-greeting, data-side (left or right),
 * data-within (documents and folders that are asked, with commas between; default: all that the key may read).
 * CSS of the page may set --wellspring-accent and --wellspring-on-accent. Its scripts may call wellspring.open(),
 * wellspring.close() and wellspring.ask("…").
 *
 * The server appends the call of this function, with the strings of every language and the confidences (0 to 1) from
 * which an answer counts as well supported or as probable. Whatever comes from documents is set as text, never as HTML.
 */
(function ({ texts, sure }) {
  const KEPT = 20; // turns that are shown again on the site's next page
  const RECALLED = 6; // turns that a follow-up question may refer to
  // Status of a reply → what a visitor is told; never the server's own words, which are for those who run it.
  const TROUBLES = { 400: "unfit", 413: "unfit", 401: "closed", 403: "closed", 429: "busy", 503: "paused" };
  const STYLE = `
    :host { all: initial; --accent: var(--wellspring-accent, #0b6370); --on-accent: var(--wellspring-on-accent, #fff);
      --ground: #fff; --ink: #1b2327; --soft: #55636a; --line: #d5dde0; --raised: #f2f6f7; --warn: #8a4b00;
      color-scheme: light dark; }
    @media (prefers-color-scheme: dark) { :host { --accent: var(--wellspring-accent, #5cc3cf);
      --on-accent: var(--wellspring-on-accent, #06262a); --ground: #14191c; --ink: #e8eef0; --soft: #a3b1b7;
      --line: #36434a; --raised: #1f272b; --warn: #f0b35e; } }
    @media print { :host { display: none; } }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    .launcher, .panel { position: fixed; bottom: 20px; right: 20px; z-index: 2147483000;
      font: 15px/1.5 system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; color: var(--ink); }
    .left { right: auto; left: 20px; }
    button, textarea { font: inherit; color: inherit; }
    button { cursor: pointer; border: 1px solid var(--line); border-radius: 8px; background: var(--ground);
      padding: 4px 10px; }
    button[aria-pressed="true"] { border-color: var(--accent); background: var(--raised); font-weight: 600; }
    button.filled { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
    .launcher { border-radius: 24px; padding: 10px 20px; font-weight: 600; background: var(--accent);
      border-color: var(--accent); color: var(--on-accent); box-shadow: 0 4px 16px #0004; }
    .panel { display: flex; flex-direction: column; width: 400px; height: min(640px, calc(100vh - 40px));
      background: var(--ground); border: 1px solid var(--line); border-radius: 12px; box-shadow: 0 8px 32px #0005;
      overflow: hidden; }
    @media (max-width: 480px) { .panel { inset: 0; width: auto; height: auto; border: 0; border-radius: 0; } }
    header { display: flex; align-items: center; gap: 8px; padding: 10px 12px; border-bottom: 1px solid var(--line); }
    h2 { flex: 1; margin: 0; font-size: 16px; line-height: 1.3; }
    .log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 12px; overflow-wrap: anywhere; }
    .log p { margin: 0 0 8px; }
    .question { width: fit-content; max-width: 85%; margin-left: auto !important; padding: 6px 12px;
      border-radius: 12px 12px 2px; background: var(--raised); white-space: pre-wrap; }
    .answer { margin-bottom: 20px; }
    .answer > p { white-space: pre-line; }
    .marker { padding: 0 5px; margin: 0 1px; border-radius: 6px; font-size: 12px; line-height: 1.5;
      color: var(--accent); vertical-align: 1px; }
    .note { font-size: 13px; color: var(--soft); }
    .warn { color: var(--warn); }
    ul { margin: 0 0 8px; padding-left: 20px; }
    details { border: 1px solid var(--line); border-radius: 8px; margin-bottom: 6px; font-size: 14px; }
    summary { cursor: pointer; padding: 4px 10px; }
    blockquote { margin: 0; padding: 2px 10px 8px; white-space: pre-wrap; max-height: 220px; overflow-y: auto; }
    details a, details .path { display: block; padding: 0 10px 6px; color: var(--soft); font-size: 13px; }
    .rate { display: flex; flex-wrap: wrap; gap: 6px; font-size: 13px; align-items: center; }
    .rate textarea { flex: 1 0 100%; }
    form { display: flex; gap: 8px; align-items: end; padding: 10px 12px; border-top: 1px solid var(--line); }
    textarea { flex: 1; min-width: 0; resize: none; padding: 6px 10px; border: 1px solid var(--soft); border-radius: 8px;
      background: var(--ground); }
    .waiting::after { content: ""; display: inline-block; width: 0.7em; height: 0.7em; margin-left: 8px;
      border: 2px solid var(--accent); border-right-color: transparent; border-radius: 50%;
      animation: turn 1s linear infinite; }
    @keyframes turn { to { transform: rotate(1turn); } }
    @media (prefers-reduced-motion: reduce) { .waiting::after { animation: none; } }`;

  const script = document.currentScript;
  if (window.wellspring) return; // the tag stands there twice
  const { key = "", title = "", greeting = "", side = "right" } = script.dataset;
  const within = (script.dataset.within || "").split(",").map((name) => name.trim()).filter(Boolean);
  const server = (script.dataset.server || new URL(script.src).origin).replace(/\/+$/, "");
  const locale = script.dataset.lang || document.documentElement.lang || navigator.language || "en";
  const language = Object.hasOwn(texts, locale.split(/[-_]/)[0].toLowerCase()) ? locale.split(/[-_]/)[0].toLowerCase() : "en";
  const shelf = `wellspring ${server}`;
  let turns = [];
  let asking = null; // aborts the question that is being answered

  const text = (name, values = {}) => texts[language][name].replace(/\{(\w+)\}/g, (whole, field) => values[field] ?? whole);

  /** Why there is no reply, by the name of its text. */
  class Trouble extends Error {}
  const reason = (error) => text(error instanceof Trouble ? error.message : "broken");

  /** Make an element. Strings among the children are text. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (typeof value === "boolean") element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  const root = make("div", { lang: language });
  const shadow = root.attachShadow({ mode: "open" });
  // A constructed style sheet needs no leave of the page's content security policy.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  const edge = side === "left" ? " left" : "";

  const launcher = make(
    "button",
    { class: `launcher${edge}`, type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: open },
    text("launch"),
  );
  const log = make("div", { class: "log", role: "log", tabindex: "0", "aria-label": text("conversation") });
  const status = make("p", { class: "note", role: "status" });
  const input = make("textarea", {
    rows: "2", maxlength: "2000", placeholder: text("placeholder"), "aria-label": text("placeholder"), onkeydown: typed,
  });
  const send = make("button", { class: "filled", type: "submit" }, text("send"));
  const stop = make("button", { type: "button", hidden: true, onclick: () => asking?.abort() }, text("stop"));
  const again = make("button", { type: "button", onclick: begin }, text("new"));
  const panel = make(
    "div",
    { class: `panel${edge}`, role: "dialog", "aria-labelledby": "title", hidden: true, onkeydown: escaped },
    make(
      "header",
      {},
      make("h2", { id: "title" }, title || text("title")),
      again,
      make("button", { type: "button", "aria-label": text("close"), onclick: close }, "✕"),
    ),
    log,
    make("form", { onsubmit: submitted }, input, send, stop),
  );
  shadow.append(launcher, panel);

  function open() {
    panel.hidden = false;
    launcher.hidden = true;
    launcher.setAttribute("aria-expanded", "true");
    input.focus();
    log.scrollTop = log.scrollHeight;
  }

  function close() {
    panel.hidden = true;
    launcher.hidden = false;
    launcher.setAttribute("aria-expanded", "false");
    launcher.focus();
  }

  function escaped(event) {
    if (event.key === "Escape" && !event.isComposing) close();
  }

  function typed(event) {
    // Enter also ends what is being spelled with an input method.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submitted();
  }

  function submitted(event) {
    event?.preventDefault();
    const question = input.value.trim();
    if (!question || asking) return;
    input.value = "";
    ask(question);
  }

  function begin() {
    asking?.abort();
    idle();
    turns = [];
    keep();
    greet();
    input.focus();
  }

  function greet() {
    log.replaceChildren(make("p", { class: "note" }, greeting || text("greeting")));
  }

  function idle() {
    asking = null;
    status.remove();
    send.hidden = false;
    stop.hidden = true;
  }

  // What was said is kept for this tab only. A browser may forbid that; then the next page begins anew.
  function keep() {
    try {
      sessionStorage.setItem(shelf, JSON.stringify(turns.slice(-KEPT)));
    } catch {}
  }

  function recall() {
    try {
      turns = (JSON.parse(sessionStorage.getItem(shelf)) ?? []).filter((turn) => turn.answer && turn.question);
      for (const turn of turns) log.append(make("p", { class: "question" }, turn.question), answered(turn.answer));
    } catch {
      turns = [];
    }
  }

  function headers() {
    return { "Content-Type": "application/json", ...(key && { Authorization: `Bearer ${key}` }) };
  }

  /** Ask, show what is going on, then the checked answer or why there is none. */
  async function ask(question) {
    if (asking) return;
    asking = new AbortController();
    const mine = asking;
    log.append(make("p", { class: "question" }, question), status);
    status.textContent = text("searching");
    status.className = "note waiting";
    send.hidden = true;
    stop.hidden = false;
    log.scrollTop = log.scrollHeight;
    const history = turns.slice(-RECALLED).map(({ question, answer }) => ({ question, answer: answer.answer }));
    const body = { question, history, stream: true, ...(within.length && { within }) };
    let shown;
    try {
      const answer = await stream(JSON.stringify(body), mine.signal);
      shown = answered(answer);
      if (asking === mine) turns.push({ question, answer });
      keep();
    } catch (error) {
      shown = failed(question, mine.signal.aborted ? text("stopped") : reason(error));
    }
    if (asking !== mine) return; // a new conversation was begun meanwhile
    idle();
    log.append(shown);
    shown.scrollIntoView({ block: "nearest" });
  }

  /** Read the events that answer a question, to the last; returns the answer. */
  async function stream(body, signal) {
    const reply = await post("/api/ask", body, signal);
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ; ) {
      const { done, value } = await reader.read().catch(() => ({ done: true }));
      if (done) throw new Trouble("unreachable");
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)));
        if (!fields.data) continue;
        const data = JSON.parse(fields.data);
        if (data.error) throw new Trouble(data.error.code === "unavailable" ? "paused" : "broken");
        if (fields.event === "found") status.textContent = text("reading");
        if (fields.event === "final") return data;
      }
    }
  }

  async function post(path, body, signal) {
    const sent = { method: "POST", headers: headers(), body, signal, credentials: "omit" };
    const reply = await fetch(server + path, sent).catch(() => {
      throw new Trouble("unreachable");
    });
    if (!reply.ok) throw new Trouble(TROUBLES[reply.status] ?? "broken");
    return reply;
  }

  function failed(question, message) {
    const shown = make("div", { class: "answer" }, make("p", { class: "note warn" }, message));
    const retry = () => {
      shown.previousElementSibling?.remove();
      shown.remove();
      ask(question);
      input.focus();
    };
    shown.append(make("button", { type: "button", onclick: retry }, text("retry")));
    return shown;
  }

  /** Return an answer as it is shown: its text, how sure it is, its sources, what else was said, a way to rate it. */
  function answered(answer) {
    const sources = new Map(answer.citations.map((citation) => [citation.number, source(citation)]));
    const shown = make("div", { class: "answer" });
    if (answer.asked) shown.append(make("p", { class: "note" }, text("understood", { question: answer.asked })));
    // That nothing was found is said in the widget's language, which need not be the question's.
    const said = answer.abstained ? text("unknown") : answer.answer;
    // Lines that only a page's width has broken go on.
    const paragraphs = said.replace(/(?<=\S)\n(?=[a-z])/g, " ").split("\n\n");
    for (const paragraph of paragraphs) shown.append(make("p", {}, ...marked(paragraph, sources)));
    if (!answer.abstained) {
      const level = answer.confidence >= sure.high ? "high" : answer.confidence >= sure.medium ? "medium" : "low";
      shown.append(make("p", { class: level === "low" ? "note warn" : "note" }, text(level)));
    }
    for (const [name, sides] of [["disagree", answer.sides], ["alternatives", answer.alternatives ?? []]]) {
      if (!sides.length) continue;
      const rows = sides.map((side) => make("li", {}, `${side.short} `, ...marked(`[${side.citation}]`, sources), ` ${side.date}`));
      shown.append(make("p", { class: "note" }, text(name)), make("ul", {}, ...rows));
    }
    shown.append(...sources.values(), rating(answer));
    return shown;
  }

  /** Cut a text at its markers; those of a source become buttons that open it. */
  function marked(passage, sources) {
    return passage.split(/(\[\d+\])/).map((part) => {
      const opened = /^\[\d+\]$/.test(part) && sources.get(Number(part.slice(1, -1)));
      if (!opened) return part;
      const show = () => {
        opened.open = true;
        opened.firstElementChild.focus();
        opened.scrollIntoView({ block: "nearest" });
      };
      const label = text("source", { number: part.slice(1, -1) });
      return make("button", { class: "marker", type: "button", "aria-label": label, onclick: show }, part.slice(1, -1));
    });
  }

  function source(citation) {
    const place = citation.page ? ` · ${text("page", { page: citation.page })}` : "";
    const shown = make(
      "details",
      {},
      make("summary", {}, `${citation.number} · ${citation.title}${place}`),
      make("blockquote", {}, citation.quote),
    );
    const path = citation.headings.filter((heading) => heading !== citation.title).join(" › ");
    if (path) shown.append(make("span", { class: "path" }, path));
    // Only addresses of the web: a document's name may be anything, "javascript:" too.
    if (/^https?:\/\//i.test(citation.document)) {
      shown.append(make("a", { href: citation.document, target: "_blank", rel: "noopener noreferrer" }, citation.document));
    }
    return shown;
  }

  function rating(answer) {
    const said = make("span", { role: "status" });
    const comment = make("textarea", { rows: "2", maxlength: "4000", "aria-label": text("comment"), placeholder: text("comment") });
    const more = make("button", { type: "button", onclick: () => rate(false, comment.value.trim()) }, text("send"));
    const buttons = [true, false].map((helpful) =>
      make(
        "button",
        { type: "button", "aria-pressed": "false", onclick: () => rate(helpful, "") },
        text(helpful ? "helpful" : "wrong"),
      ),
    );
    const shown = make("div", { class: "rate" }, ...buttons, said);

    async function rate(helpful, remark) {
      try {
        await post("/api/feedback", JSON.stringify({ answer, helpful, comment: remark }));
      } catch (error) {
        said.textContent = text("unrated", { reason: reason(error) });
        return;
      }
      buttons[0].setAttribute("aria-pressed", String(helpful));
      buttons[1].setAttribute("aria-pressed", String(!helpful));
      said.textContent = text("thanks");
      if (helpful || remark) {
        comment.remove();
        more.remove();
      } else {
        shown.append(comment, more);
        comment.focus();
      }
    }

    return shown;
  }

  function mount() {
    document.body.append(root);
    greet();
    recall();
  }

  window.wellspring = {
    open,
    close,
    ask(question) {
      open();
      return ask(String(question));
    },
  };
  if (document.body) mount();
  else document.addEventListener("DOMContentLoaded", mount);
})
