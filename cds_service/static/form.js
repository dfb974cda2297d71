// The form page: shows the form that the service has filled in, and sends back what a person answered.
// LHC-Forms renders it; what it does not know of (whose form it is, what is open, where answers come from) the service adds.
"use strict";
(() => {
  const here = location.pathname.replace(/\/$/, "");
  const part = (id) => document.getElementById(id);
  const [about, faults, place, sender, told] = ["about", "faults", "form", "sender", "told"].map(part);
  const FHIR = "application/fhir+json";
  const names = {};
  const rows = {};
  let words = {};
  let content = {};

  async function start() {
    const reply = await fetch(`${here}/content`, { headers: { Accept: "application/json" } });
    // Who is not known any more, or has a link that is over, hears so from the page itself; a failure is not asked anew.
    if (reply.redirected || [401, 403, 404].includes(reply.status)) return location.reload();
    if (!reply.ok) throw new Error(String(reply.status));
    content = await reply.json();
    words = content.words;
    name(content.questionnaire.item);
    part("title").textContent = document.title = content.about.title;
    part("patient").textContent = content.about.patient;
    about.textContent = content.about.standing_words.join(" · ");
    showGap(content.about.gap);
    showTimeline(content.about.timeline);
    translate(content.renderer);
    await show(content);
    arrange();
    new MutationObserver(mend).observe(place, { childList: true, subtree: true });
    // Seen on the way down: LHC-Forms lets no click on a choice come up again.
    for (const kind of ["change", "input", "click"]) place.addEventListener(kind, soon(count), true);
    sender.hidden = false;
  }

  function name(items) {
    for (const one of items ?? []) {
      names[one.linkId] = one.text;
      name(one.item);
    }
  }

  function showGap(text) {
    part("gap").textContent = text;
    part("gap").hidden = !text;
  }

  function showTimeline(drawn) {
    const holder = part("timeline");
    holder.querySelector("div").innerHTML = drawn;
    holder.hidden = !drawn;
    holder.open = innerWidth > 1000;
  }

  // LHC-Forms speaks English; the build lays its words open (web/lforms.json).
  function translate(others) {
    const own = globalThis.LFormsWords;
    for (const [key, text] of Object.entries(own ? others : {})) (key in own ? own : own.errorMessages)[key] = text;
  }

  function show({ questionnaire, response }) {
    const empty = LForms.Util.convertFHIRQuestionnaireToLForms(questionnaire, "R4");
    const filled = LForms.Util.mergeFHIRDataIntoLForms("QuestionnaireResponse", response, empty, "R4");
    enrich(filled.items);
    filled.templateOptions = { ...filled.templateOptions, allowHTML: true };
    return LForms.Util.addFormToPage(filled, place, {});
  }

  // Merging drops the markup of texts: it is put back, since the evidence beside an answer is told by it.
  function enrich(items) {
    for (const one of items ?? []) {
      const markup = one.obj_text?.extension?.find((each) => each.url.endsWith("/rendering-xhtml"));
      if (markup) one._displayTextHTML = markup.valueString;
      enrich(one.items);
    }
  }

  // What is filled in folds away, each question to a row that opens it; open ones stand above (the service sorts them).
  function arrange() {
    mend();
    content.folded.forEach(fold);
    const folds = new Set(content.folded);
    const settled = content.questionnaire.item.find((one) => questions(one).length && questions(one).every((each) => folds.has(each.linkId)));
    if (settled) itemOf(settled.linkId)?.before(headOfSettled());
    count();
  }

  const questions = (section) => (section.item ?? []).filter((one) => one.type !== "display");
  const itemOf = (linkId) => place.querySelector(`[id^="item-${CSS.escape(linkId)}/"]`);

  function fold(linkId) {
    const item = itemOf(linkId);
    if (!item) return;
    const [what, answer] = [made("span", "what", names[linkId]), made("span", "answer", "")];
    const row = button("row", () => unfold(linkId, item.dataset.folded === "yes"));
    row.append(what, answer);
    item.prepend(row);
    rows[linkId] = { item, row, answer };
    unfold(linkId, false);
  }

  function unfold(linkId, isOpen) {
    const { item, row } = rows[linkId] ?? {};
    if (!item) return;
    item.dataset.folded = isOpen ? "no" : "yes";
    row.setAttribute("aria-expanded", String(isOpen));
  }

  function headOfSettled() {
    const head = made("div", "settled", "");
    const title = made("h2", "", words.filled_in);
    const all = button("", () => {
      const isOpen = all.getAttribute("aria-expanded") !== "true";
      content.folded.forEach((one) => unfold(one, isOpen));
      all.setAttribute("aria-expanded", String(isOpen));
      all.textContent = isOpen ? words.hide_all : words.show_all;
    });
    all.setAttribute("aria-expanded", "false");
    all.textContent = words.show_all;
    head.append(title, all);
    return head;
  }

  // How many of the open questions have an answer by now; a yes to what is proposed for one answers it.
  function count() {
    const given = answers(response().item, {});
    for (const [linkId, { answer }] of Object.entries(rows)) answer.textContent = said(given[linkId]);
    const done = content.open.filter((one) => one in given || isConfirmed(one, given)).length;
    const bar = part("progress");
    part("progressed").textContent = content.open.length ? filledIn(words.answered_of, done, content.open.length) : words.complete;
    bar.max = content.open.length || 1;
    bar.value = content.open.length ? done : 1;
  }

  function isConfirmed(linkId, given) {
    const proposed = Object.keys(names).filter((one) => one.startsWith(`${linkId}:confirm:`));
    const yes = proposed.filter((one) => given[one]?.valueBoolean === true);
    return yes.length > 0 && (typeOf(linkId) !== "integer" || proposed.every((one) => one in given));
  }

  const typeOf = (linkId) => content.questionnaire.item.flatMap(questions).find((one) => one.linkId === linkId)?.type;

  function answers(items, found) {
    for (const one of items ?? []) {
      if (one.answer?.length) found[one.linkId] = one.answer[0];
      answers(one.item, found);
    }
    return found;
  }

  function said(answer) {
    if (!answer) return words.not_needed;
    if ("valueBoolean" in answer) return answer.valueBoolean ? words.yes : words.no;
    return String(answer.valueCoding?.display ?? answer.valueInteger ?? answer.valueDecimal ?? answer.valueString?.split("\n")[0] ?? "");
  }

  const filledIn = (sentence, ...figures) => figures.reduce((text, one) => text.replace("{}", one), sentence);

  function soon(work) {
    let waiting = 0;
    return () => { clearTimeout(waiting); waiting = setTimeout(work, 150); };
  }

  // What LHC-Forms leaves out for those who hear the page: headings, names of fields, and no reference to what is not there.
  function mend() {
    for (const one of place.querySelectorAll(".lhc-item-group-title:not([role])")) {
      one.setAttribute("role", "heading");
      one.setAttribute("aria-level", "2");
    }
    for (const kind of ["aria-controls", "aria-describedby"]) {
      for (const one of place.querySelectorAll(`button[${kind}]`)) {
        if (!part(one.getAttribute(kind)) || one.getAttribute(kind) === one.id) one.removeAttribute(kind);
      }
    }
    for (const one of place.querySelectorAll("button.lhc-float-button[aria-label]")) one.removeAttribute("aria-label");
    for (const one of place.querySelectorAll('input[type="file"]:not([aria-labelledby])')) {
      one.setAttribute("aria-labelledby", one.id.replace(/^file-/, "label-"));
    }
  }

  function response() {
    return LForms.Util.getFormFHIRData("QuestionnaireResponse", "R4", place, { extract: false });
  }

  async function send(status) {
    const sent = { ...response(), status, author: { display: sender.elements.author.value.trim() } };
    const reply = await fetch(`${here}/response`, { method: "POST", headers: { "Content-Type": FHIR, Accept: FHIR }, body: JSON.stringify(sent) });
    if (reply.status === 401) return refuse({ issue: [{ details: { text: words.ended } }] });
    if (!reply.ok) return refuse(await reply.json().catch(() => ({})));
    if (status === "completed") return location.assign(`${here}/determination`);
    told.replaceChildren(`${words.saved} ${new Date().toLocaleTimeString()}. `, link(`${here}/determination`, words.so_far));
  }

  function made(tag, kind, text) {
    const one = document.createElement(tag);
    one.className = kind;
    one.textContent = text;
    return one;
  }

  function button(kind, act) {
    const one = made("button", kind, "");
    one.type = "button";
    one.addEventListener("click", act);
    return one;
  }

  function link(address, text) {
    const one = made("a", "", text);
    one.href = address;
    return one;
  }

  // Each fault leads to the item that it is about.
  function refuse(outcome) {
    const list = document.createElement("ul");
    for (const issue of outcome.issue ?? [{ details: { text: words.failed } }]) {
      const linkId = /linkId='([^']+)'/.exec(issue.expression?.[0] ?? "")?.[1];
      const text = linkId ? issue.details.text.replace(`${linkId}: `, "") : issue.details.text;
      const line = document.createElement("li");
      if (linkId) {
        const way = link(`#${linkId}`, `${names[linkId] ?? linkId} (${text})`);
        way.addEventListener("click", (event) => { event.preventDefault(); toItem(linkId); });
        line.append(way);
      } else line.append(text);
      list.append(line);
    }
    faults.replaceChildren(made("strong", "", words.not_sent), list);
    faults.hidden = false;
    faults.focus();
  }

  function toItem(linkId) {
    unfold(linkId, true);
    const item = linkId === "author" ? sender : itemOf(linkId);
    item?.scrollIntoView({ block: "center" });
    item?.querySelector("input, textarea")?.focus({ preventScroll: true });
  }

  async function busy(work) {
    const buttons = sender.querySelectorAll("button");
    buttons.forEach((one) => { one.disabled = true; });
    faults.hidden = true;
    try {
      await work();
    } catch {
      refuse({});
    } finally {
      buttons.forEach((one) => { one.disabled = false; });
    }
  }

  sender.addEventListener("submit", (event) => { event.preventDefault(); busy(() => send("completed")); });
  part("save").addEventListener("click", () => { if (sender.reportValidity()) busy(() => send("in-progress")); });
  start().catch(() => about.replaceChildren(link("?plain", sender.dataset.plain)));
})();
