// Compiles CQL to ELM with the reference translator: node compile.mjs FOLDER, for every *.cql of the folder.
// Warnings are errors. The System model is our own; that of FHIR comes with cql-exec-fhir.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import {
  CqlCompilerOptions, CqlTranslator, LibraryBuilder, LibraryManager, ModelManager, createModelInfoProvider, stringAsSource,
} from '@cqframework/cql/cql-to-elm';

const require = createRequire(import.meta.url);
const here = path.dirname(new URL(import.meta.url).pathname);
const MODELS = {
  System: path.join(here, 'system-modelinfo.xml'),
  FHIR: path.join(path.dirname(require.resolve('cql-exec-fhir')), 'modelInfos', 'fhir-modelinfo-4.0.1.xml'),
};
const Options = CqlCompilerOptions.Options;

function models() {
  const manager = new ModelManager();
  manager.modelInfoLoader.registerModelInfoProvider(
    createModelInfoProvider((name) => (name in MODELS ? stringAsSource(readFileSync(MODELS[name], 'utf8')) : null)),
  );
  return manager;
}

function options() {
  const chosen = new CqlCompilerOptions();
  chosen.setOptions([Options.DisableListDemotion, Options.DisableListPromotion]);
  return chosen.withSignatureLevel(LibraryBuilder.SignatureLevel.Overloads);
}

// The translator writes every empty list; they say nothing and make half of the file.
function withoutEmpty(value) {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([, inner]) => !(Array.isArray(inner) && inner.length === 0));
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutEmpty(inner)]));
}

function compiled(cql, manager) {
  const elm = JSON.parse(CqlTranslator.fromText(cql, new LibraryManager(manager, options())).toJson());
  const faults = elm.library.annotation.filter((one) => one.type === 'CqlToElmError');
  if (faults.length) {
    throw new Error(faults.map((one) => `${one.startLine}:${one.startChar} ${one.message}`).join('\n'));
  }
  return withoutEmpty(elm);
}

const folder = process.argv[2];
const manager = models();
for (const file of readdirSync(folder).filter((name) => name.endsWith('.cql')).sort()) {
  const elm = compiled(readFileSync(path.join(folder, file), 'utf8'), manager);
  writeFileSync(path.join(folder, file.replace(/[.]cql$/, '.elm.json')), `${JSON.stringify(elm)}\n`);
}
