// The form page: shows the form that the service has filled in, and sends back what a person answered.
// LHC-Forms renders it; what it does not know of (whose form it is, where answers come from) the service adds.
"use strict";
(() => {
  const here = location.pathname.replace(/\/$/, "");
  const part = (id) => document.getElementById(id);
  const [about, faults, place, sender, told] = ["about", "faults", "form", "sender", "told"].map(part);
  const FHIR = "application/fhir+json";
  const names = {};
  let words = {};

  async function start() {
    const reply = await fetch(`${here}/content`, { headers: { Accept: "application/json" } });
    if (reply.redirected || !reply.ok) return location.reload();
    const content = await reply.json();
    words = content.words;
    name(content.questionnaire.item);
    part("title").textContent = document.title = content.about.title;
    about.textContent = [content.about.patient, ...content.about.standing_words].join(" · ");
    await show(content);
    sender.hidden = false;
  }

  function name(items) {
    for (const one of items ?? []) {
      names[one.linkId] = one.text;
      name(one.item);
    }
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

  async function send(status) {
    const response = LForms.Util.getFormFHIRData("QuestionnaireResponse", "R4", place, { extract: false });
    response.status = status;
    response.author = { display: sender.elements.author.value.trim() };
    const reply = await fetch(`${here}/response`, { method: "POST", headers: { "Content-Type": FHIR, Accept: FHIR }, body: JSON.stringify(response) });
    if (reply.status === 401) return refuse({ issue: [{ details: { text: words.ended } }] });
    if (!reply.ok) return refuse(await reply.json().catch(() => ({})));
    if (status === "completed") return location.assign(`${here}/determination`);
    told.replaceChildren(`${words.saved} ${new Date().toLocaleTimeString()}. `, link(`${here}/determination`, words.so_far));
  }

  function link(address, text) {
    const made = document.createElement("a");
    made.href = address;
    made.textContent = text;
    return made;
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
    const head = document.createElement("strong");
    head.textContent = words.not_sent;
    faults.replaceChildren(head, list);
    faults.hidden = false;
    faults.focus();
  }

  function toItem(linkId) {
    const item = linkId === "author" ? sender : place.querySelector(`[id="item-${CSS.escape(linkId)}/1/1"], [id^="item-${CSS.escape(linkId)}/"]`);
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
