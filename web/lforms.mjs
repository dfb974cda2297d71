// Brings the prebuilt files of LHC-Forms into the package, from the npm registry that this machine is set up for.
// web/lforms.json names the release, the hash that it must have, and the files. `npm pack` fetches that one archive;
// They are packed as well, since a browser takes them so. `npm install` would resolve hundreds of packages of which none is needed.
//
//     node web/lforms.mjs [FOLDER]      by default cds_service/static/lforms

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "..", "cds_service", "static", "lforms");
const listed = readFileSync(join(here, "lforms.json"), "utf8");
const wanted = JSON.parse(listed);
const names = wanted.files.map((file) => basename(file));
const packed = names.filter((name) => /\.(js|css)$/.test(name));
const stamp = join(target, "release.json");

function isThere() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === listed && [...names, ...packed.map((one) => `${one}.gz`)].every((one) => existsSync(join(target, one)));
}

function bring() {
  const room = mkdtempSync(join(tmpdir(), "lforms-"));
  try {
    const name = execFileSync("npm", ["pack", "--silent", wanted.package], { cwd: room, encoding: "utf8" }).trim();
    const archive = join(room, name);
    const found = "sha512-" + createHash("sha512").update(readFileSync(archive)).digest("base64");
    if (found !== wanted.integrity) throw new Error(`${wanted.package} has the hash ${found}, not the one in web/lforms.json`);
    execFileSync("tar", ["-xzf", archive, "-C", room, ...wanted.files]);
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    wanted.files.forEach((file, at) => copyFileSync(join(room, file), join(target, names[at])));
    packed.forEach((name) => writeFileSync(join(target, `${name}.gz`), gzipSync(readFileSync(join(target, name)), { level: 9 })));
    writeFileSync(stamp, listed);
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

if (!isThere()) {
  console.log(`Bringing ${wanted.package} (once) ...`);
  bring();
}
