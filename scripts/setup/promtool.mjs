import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setupDir } from "./paths.mjs";
import { run, SetupError, say } from "./run-command.mjs";

const folder = join(setupDir, "promtool");
const unpacked = join(folder, "usr", "bin", "promtool");

/**
 * Prometheus' own checker of rules and metrics: COLAML_PROMTOOL, the one on PATH, else that of Debian's and Ubuntu's
 * package, unpacked in `.colaml/promtool`: that needs no rights, and installs nothing.
 *
 * @returns undefined if there is none: those tests are skipped, and a line says why
 */
export async function findPromtool() {
  const given = process.env.COLAML_PROMTOOL ?? onPath();
  if (given) return given;
  try {
    if (!existsSync(unpacked)) await unpack();
    await run(unpacked, ["--version"]);
    return unpacked;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`tests by promtool are skipped, there is none: ${error.message}`);
    return undefined;
  }
}

const onPath = () =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .filter((path) => path !== "")
    .map((path) => join(path, "promtool"))
    .find((path) => existsSync(path));

async function unpack() {
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const hint = "install Prometheus, or set COLAML_PROMTOOL to its promtool";
  await run("apt-get", ["download", "--quiet", "prometheus"], { cwd: part, hint });
  const [name] = readdirSync(part);
  await run("dpkg-deb", ["--extract", join(part, name), part], { hint });
  rmSync(join(part, name));
  rmSync(folder, { recursive: true, force: true });
  renameSync(part, folder);
}
