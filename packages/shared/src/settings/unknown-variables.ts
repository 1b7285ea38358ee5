import { editDistance } from "./edit-distance";
import { type ConfigSources, SETTINGS } from "./resolve-config";

const PREFIX = "COLAML_";

/** Variables that are read beside the settings, with what they are for; `*` stands for any end. */
export const OTHER_VARIABLES: Readonly<Record<string, string>> = {
  COLAML_PYTHON: "Python of the embedded MLflow; the scripts set it to the one that they install",
  "COLAML_PYTHON_*": "Pythons of tests and benchmarks; the scripts set them",
  "COLAML_TEST_*": "Data, servers and mode of the tests",
  "COLAML_CHAOS_*": "Seed and length of the random faults among the tests",
  "COLAML_FUZZ_*": "Length and seed of `npm run test:fuzz`, which sets them",
  COLAML_CHROMIUM:
    "Browser that tests look at pages with; absent: the first on PATH, else one that `npm test` installs",
  COLAML_PROMTOOL:
    "promtool that tests check rules and metrics with; absent: the one on PATH, else one that `npm test` unpacks",
  "COLAML_FAULTS_*": "Length, seed and older release of `npm run test:faults`, which sets them",
  COLAML_REDIS_ADDRESS: "Redis for KEDA, which scales the predictors (deploy/kubernetes)",
  COLAML_REDIS_PASSWORD: "Its password there",
  INIT_CWD: "Folder that paths on the command line start from; npm sets it",
  NO_COLOR: "No colours on the terminal",
  CI: "No progress bars on the terminal",
};

const KNOWN: ReadonlySet<string> = new Set([
  ...SETTINGS.map(({ env }) => env),
  ...Object.keys(OTHER_VARIABLES),
]);
const KNOWN_BEGINNINGS = Object.keys(OTHER_VARIABLES)
  .filter((name) => name.endsWith("*"))
  .map((name) => name.slice(0, -1));

/**
 * One line for each `COLAML_` variable of the environment and of `.env` that is not a setting, with the nearest
 * setting's variable if one is near. No value is shown: it may be a secret's.
 *
 * @example unknownVariables({ env: { COLAML_MAX_FEATUERS: "9" } })
 * // ["COLAML_MAX_FEATUERS is not a setting: did you mean COLAML_MAX_FEATURES?"]
 */
export function unknownVariables({ env = {}, dotenv = {} }: Omit<ConfigSources, "flags">): string[] {
  const isUnknown = (name: string) => name.startsWith(PREFIX) && !isKnown(name) && !isServiceLink(name, env);
  const inEnvironment = Object.keys(env).filter(isUnknown);
  const inFile = Object.keys(dotenv).filter((name) => isUnknown(name) && !(name in env));
  return [
    ...inEnvironment.map((name) => warning(name, name)),
    ...inFile.map((name) => warning(name, `${name} in .env`)),
  ];
}

const isKnown = (name: string) =>
  KNOWN.has(name) || KNOWN_BEGINNINGS.some((beginning) => name.startsWith(beginning));

/** Kubernetes gives every container variables of each service: `COLAML_PRODUCER_SERVICE_HOST`, `COLAML_PRODUCER_PORT`. */
function isServiceLink(name: string, env: Readonly<Record<string, string | undefined>>): boolean {
  const service = /^(.+?)_(?:SERVICE_HOST|SERVICE_PORT|PORT)(?:_|$)/.exec(name)?.[1];
  return service !== undefined && `${service}_SERVICE_HOST` in env;
}

function warning(name: string, shown: string): string {
  const nearest = nearestVariable(name);
  const hint = nearest === undefined ? "`cola config` lists them" : `did you mean ${nearest}?`;
  return `${shown} is not a setting: ${hint}`;
}

/** Typing errors that a name may hold to be taken for another one: three, and at most two fifths of its letters. */
const MOST_EDITS = 3;
const MOST_EDITS_SHARE = 0.4;

/** The variable of a setting that was probably meant. The prefix counts for nothing: `COLAML_REDIS_URL` is `REDIS_URL`. */
function nearestVariable(name: string): string | undefined {
  const bare = (variable: string) => variable.replace(PREFIX, "");
  const wanted = bare(name);
  const [nearest] = SETTINGS.map(({ env }) => ({ env, edits: editDistance(wanted, bare(env)) })).sort(
    (a, b) => a.edits - b.edits,
  );
  const allowed = Math.min(MOST_EDITS, MOST_EDITS_SHARE * wanted.length);
  return nearest !== undefined && nearest.edits <= allowed ? nearest.env : undefined;
}
