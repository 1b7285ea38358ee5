import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { npmCommand, npmEnvironment } from "./node-packages.mjs";
import { setupDir } from "./paths.mjs";
import { run, SetupError, say } from "./run-command.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/** A Chromium that npm carries as a packed file: nothing is downloaded besides the package. */
const PACKAGE = "@sparticuz/chromium@153.0.0";
const folder = join(setupDir, "chromium");
const unpacked = join(folder, "chromium");

/**
 * The browser that tests look at pages with: COLAML_CHROMIUM, the first on PATH, else one that is installed in
 * `.colaml/chromium`.
 *
 * @returns undefined where none can run: those tests are skipped, and a line says why
 */
export async function findChromium() {
  const given = process.env.COLAML_CHROMIUM ?? onPath();
  if (given) return given;
  try {
    if (!existsSync(unpacked)) await install();
    await run(unpacked, ["--version"]);
    return unpacked;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`tests in a browser are skipped, there is no Chromium: ${error.message}`);
    return undefined;
  }
}

function onPath() {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((path) => path !== "");
  return folders.flatMap((path) => NAMES.map((name) => join(path, name))).find((path) => existsSync(path));
}

async function install() {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new SetupError("set COLAML_CHROMIUM to a Chromium or Chrome of this system");
  say("installing a Chromium for the tests");
  mkdirSync(folder, { recursive: true });
  const [command, ...first] = npmCommand();
  const options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
  await run(command, [...first, "install", "--prefix", folder, ...options, PACKAGE], {
    env: npmEnvironment(),
    hint: "check the network and npm's registry setting",
  });
  const packed = join(folder, "node_modules/@sparticuz/chromium/bin/chromium.br");
  const part = `${unpacked}.part`;
  await pipeline(
    createReadStream(packed),
    createBrotliDecompress(),
    createWriteStream(part, { mode: 0o755 }),
  );
  renameSync(part, unpacked);
}
