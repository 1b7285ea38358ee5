import { basename, dirname } from "node:path";

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
 * How a person types this command: `npm run cola --` in a checkout, `npx colaml` if npm fetched it for one call, else
 * `cola`.
 *
 * @param script the file that Node was started with: `process.argv[1]`
 */
export function calledAs(
  script: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const isScript = script !== undefined && basename(dirname(script)) === "scripts";
  if (isScript || env["npm_lifecycle_event"] === "cola") return "npm run cola --";
  return env["npm_command"] === "exec" ? "npx colaml" : "cola";
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
