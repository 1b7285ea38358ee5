import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";

/** Commands that a message may name. */
export const NAMED_COMMANDS = [
  "alerts",
  "clean",
  "config",
  "demo",
  "doctor",
  "forget",
  "init",
  "jobs",
  "labels",
  "models",
  "monitor",
  "predict",
  "publish",
  "queues",
  "review",
  "schedule",
  "schema",
  "status",
  "train",
  "tune",
  "up",
  "verify",
] as const;

/**
 * How a person types this command: `npm run cola --` in a checkout; if npm fetched it for one call `npx colaml`, or with
 * the file that it is in, since `npx colaml` would then ask the registry; else `cola`.
 *
 * @param script the file that Node was started with: `process.argv[1]`
 */
export function calledAs(
  script: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const isScript = script !== undefined && basename(dirname(script)) === "scripts";
  if (isScript || env["npm_lifecycle_event"] === "cola") return "npm run cola --";
  return env["npm_command"] === "exec" ? fetchedAs(script) : "cola";
}

/** Where npm puts what it fetches for one call: `~/.npm/_npx/<digest>/node_modules/.bin/cola`. */
const FETCHED = /^(.*[\\/]_npx[\\/][0-9a-f]+)[\\/]node_modules[\\/]/;

function fetchedAs(script = ""): string {
  const folder = FETCHED.exec(script)?.[1];
  const spec = folder === undefined ? undefined : specIn(folder);
  if (folder === undefined || !spec?.startsWith("file:")) return "npx colaml";
  // A bare path npm would run itself instead of unpacking it.
  return `npx --yes ${pasteable(`file:${resolve(folder, spec.slice("file:".length))}`)}`;
}

/** What npm was asked to fetch into a folder: a range of releases, or `file:` with a path from that folder. */
function specIn(folder: string): string | undefined {
  try {
    const { dependencies } = JSON.parse(readFileSync(resolve(folder, "package.json"), "utf8")) as {
      dependencies?: Record<string, string>;
    };
    return dependencies?.["colaml"];
  } catch {
    return undefined;
  }
}

const COMMAND = new RegExp(`(?<![\\w/.-])cola (?=(?:${NAMED_COMMANDS.join("|")}|--help)\\b)([^\`\\n]*)`, "g");
/** Its output is for a program: npm must not add lines of its own. */
const FOR_PROGRAMS = /--json\b|[>|]|--output -(\s|$)/;

/**
 * A text whose commands, which the code writes as `cola train`, are as the person typed this one.
 *
 * @example asCalled("stop it: `cola jobs cancel ID`", "npx colaml") // "stop it: `npx colaml jobs cancel ID`"
 */
export function asCalled(text: string, name = calledAs(process.argv[1], process.env)): string {
  if (name === "cola") return text;
  const quiet = name.replace(/^npm run/, "npm run -s");
  return text.replace(COMMAND, (_, rest: string) => `${FOR_PROGRAMS.test(rest) ? quiet : name} ${rest}`);
}

/** A path as a shell takes it: in quotes if it holds a blank or what a shell would take apart. */
export function pasteable(path: string): string {
  return /^[\w@%+=:,./~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
