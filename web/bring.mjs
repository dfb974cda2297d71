// Brings prebuilt files of a package from the npm registry that this machine is set up for.
// web/NAME.json names the release, the hash that it must have, the files, and where they go. `npm pack` fetches that one
// archive; `npm install` would resolve hundreds of packages of which none is needed. What a browser takes is packed as well.
//
//     node web/bring.mjs NAME [FOLDER]      lforms: what renders forms; viewer: what shows the API; axe: what tests look at pages with

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const [name, folder] = process.argv.slice(2);
const listed = readFileSync(join(here, `${name}.json`), "utf8");
const wanted = JSON.parse(listed);
const target = folder ?? join(here, "..", wanted.folder);
const names = wanted.files.map((file) => basename(file));
const packed = names.filter((file) => /\.(js|css)$/.test(file));
const stamp = join(target, "release.json");

function isThere() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === listed && [...names, ...packed.map((one) => `${one}.gz`)].every((one) => existsSync(join(target, one)));
}

function bring() {
  const room = mkdtempSync(join(tmpdir(), `${name}-`));
  try {
    const archive = join(room, execFileSync("npm", ["pack", "--silent", wanted.package], { cwd: room, encoding: "utf8" }).trim());
    const found = "sha512-" + createHash("sha512").update(readFileSync(archive)).digest("base64");
    if (found !== wanted.integrity) throw new Error(`${wanted.package} has the hash ${found}, not the one in web/${name}.json`);
    execFileSync("tar", ["-xzf", archive, "-C", room, ...wanted.files]);
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    wanted.files.forEach((file, at) => copyFileSync(join(room, file), join(target, names[at])));
    (wanted.changes ?? []).forEach(change);
    packed.forEach((file) => writeFileSync(join(target, `${file}.gz`), gzipSync(readFileSync(join(target, file)), { level: 9 })));
    writeFileSync(stamp, listed);
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

// A change that no longer fits the release must be looked at: it is made at one place exactly, or the build ends.
function change({ file, from, to }) {
  const text = readFileSync(join(target, file), "utf8").split(from);
  if (text.length !== 2) throw new Error(`${file} of ${wanted.package} has ${text.length - 1} places to change, not one: ${from}`);
  writeFileSync(join(target, file), text.join(to));
}

if (!isThere()) {
  console.log(`Bringing ${wanted.package} (once) ...`);
  bring();
}
