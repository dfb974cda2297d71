// Runs compiled logic over charts in the reference engine: node run.mjs FOLDER [once] < charts.json > answers.json
//
// In:  [{"id", "library": a file of the folder without .elm.json, "today": "2026-11-25", "resources": [...]}, ...]
// Out: {id: {definition: true | false | number | the code of a Coding | null}}, or {id: {"error": "..."}}
// Charts are run under the model of FHIR 4.0.1; each tenth also under that of 4.0.0, as the public DTR app does, and
// may say less there, and nothing else; with "once" none is, so that the time of one engine can be taken.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import cql from 'cql-execution';
import fhir from 'cql-exec-fhir';

const folder = process.argv[2];
const once = process.argv[3] === 'once';
const libraries = new Map();

function library(name) {
  if (!libraries.has(name)) {
    const elm = JSON.parse(readFileSync(path.join(folder, `${name}.elm.json`), 'utf8'));
    const facts = elm.library.statements.def
      .filter((one) => one.type !== 'FunctionDef' && /^[a-z][a-z0-9_]*$/.test(one.name))
      .map((one) => one.name);
    libraries.set(name, { library: new cql.Library(elm), facts });
  }
  return libraries.get(name);
}

function plain(value) {
  return value instanceof cql.Code ? value.code : value ?? null;
}

// Made once: a source reads the whole model of FHIR.
const SOURCES = [fhir.PatientSource.FHIRv401(), fhir.PatientSource.FHIRv400()];

async function answers(chart, source) {
  source.reset();
  const entry = chart.resources.map((resource) => ({ resource }));
  source.loadBundles([{ resourceType: 'Bundle', type: 'collection', entry }]);
  const { library: compiled, facts } = library(chart.library);
  const executor = new cql.Executor(compiled, new cql.CodeService({}));
  const results = await executor.exec(source, cql.DateTime.parse(`${chart.today}T12:00:00.000+00:00`));
  const [found] = Object.values(results.patientResults);
  return Object.fromEntries(facts.map((name) => [name, plain(found?.[name])]));
}

async function both(chart, number) {
  try {
    const told = await answers(chart, SOURCES[0]);
    if (once || number % 10) return told;
    const older = await answers(chart, SOURCES[1]);
    const alike = Object.keys(told).every((name) => older[name] === null || older[name] === told[name]);
    return alike ? told : { error: `the models differ: ${JSON.stringify(older)}` };
  } catch (error) {
    return { error: String(error.message).split('\n').filter(Boolean).join(' ') };
  }
}

const told = {};
for (const [number, chart] of JSON.parse(readFileSync(0, 'utf8')).entries()) told[chart.id] = await both(chart, number);
process.stdout.write(JSON.stringify(told));
