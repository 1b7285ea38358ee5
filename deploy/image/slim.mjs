// Removes from a built checkout what only building, types and debugging need: `node deploy/image/slim.mjs FOLDER`.
// It is meant for the folder that an image is made of, never for the one you work in.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error("usage: node slim.mjs FOLDER");
const packages = join(root, "packages");
/** Sources, tests and the kernel's source: what runs is in dist, python and page-assets. */
const FOLDERS = ["src", "test", "kernel"];
const NOT_RUN = /\.(d\.ts|map|tsbuildinfo)$|^tsconfig.*\.json$/;

for (const name of readdirSync(packages)) {
  const folder = join(packages, name);
  for (const unneeded of FOLDERS) rmSync(join(folder, unneeded), { recursive: true, force: true });
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (NOT_RUN.test(entry.name)) rmSync(join(folder, entry.name));
  for (const path of readdirSync(join(folder, "dist"), { recursive: true, encoding: "utf8" }))
    if (NOT_RUN.test(path)) rmSync(join(folder, "dist", path));
}
