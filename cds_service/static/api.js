// Shows the OpenAPI document. An operation at several addresses is shown at the first, whose words name the others.
"use strict";

const CONTRAST = new CSSStyleSheet();
CONTRAST.replaceSync(`
  .red-text, .boolean { color: #b3261e !important; }
  .gray-text, .param-type, .param-constraint, .descr { color: #47515e !important; }
  @media (min-width: 640px) { .endpoint-head .descr { display: block !important; } }
  [part~="anchor-param-constraint"] { color: #1c2430 !important; }
  :focus-visible { outline: 3px solid #0b5c7a !important; outline-offset: 2px; }
`);

function isFirst(operation) {
  return !operation["x-same-as"];
}

function nameTheOthers(operation) {
  const others = (operation["x-also-at"] ?? []).map((path) => `\`${path}\``);
  if (others.length) operation.description += ` Also at ${others.join(", ")}.`;
}

// RapiDoc gives its fields no names for who cannot see them, and its boxes that scroll no place for the keyboard.
function reach(root) {
  for (const one of root.querySelectorAll("pre")) one.tabIndex = 0;
  for (const one of root.querySelectorAll("input, select, textarea")) {
    if (!one.labels?.length && !one.ariaLabel) one.ariaLabel = one.dataset.pname || one.placeholder || (one.matches("select") ? "Media type" : "Body");
  }
}

function attend(root) {
  if (!root || root.attended) return;
  root.attended = true;
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, CONTRAST];
  const look = () => {
    reach(root);
    for (const one of root.querySelectorAll("*")) attend(one.shadowRoot);
  };
  new MutationObserver(look).observe(root, { childList: true, subtree: true });
  look();
}

async function show() {
  const viewer = document.getElementById("viewer");
  const spec = await (await fetch(viewer.dataset.document)).json();
  for (const methods of Object.values(spec.paths)) {
    for (const method of Object.keys(methods)) {
      if (isFirst(methods[method])) nameTheOthers(methods[method]);
      else delete methods[method];
    }
  }
  spec.paths = Object.fromEntries(Object.entries(spec.paths).filter(([, methods]) => Object.keys(methods).length));
  await customElements.whenDefined("rapi-doc");
  attend(viewer.shadowRoot);
  await viewer.loadSpec(spec);
}

show();
