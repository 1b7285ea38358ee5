import { join } from "node:path";

/** What every process may know of a file or folder of the state folder. */
export interface StateEntry {
  /** Below the state folder, with `/`; a folder ends with it. `<model>` stands for a registered model. */
  path: string;
  what: string;
  writer: string;
  /** How the content is written; versions are in `DOCUMENTS`. */
  format: string;
  kept: string;
}

/**
 * Everything that ColaML keeps under `COLAML_STATE_DIR`: the one place that names it. Workers of one state folder share
 * all of it. docs/state.md shows this table; a test holds the two together.
 */
export const STATE_ENTRIES = {
  models: {
    path: "models/",
    what: "files of registered models, a folder per name and version; `.pinned.json` names run, source and digest",
    writer: "predictor, monitor, server",
    format: "bundle; JSON",
    kept: "the 5 versions of a model that were used last; `cola clean` leaves the last one",
  },
  serving: {
    path: "serving/",
    what: "what an alias that the server scores with stood for last, a file `<model>@<alias>.json` each: used while MLflow is away",
    writer: "server",
    format: "JSON",
    kept: "until MLflow says that the alias is gone",
  },
  spool: {
    path: "spool/",
    what: "trained models and their runs on the way to MLflow, a folder each; `results/`; `refused-*`, what MLflow refuses, with `refusal.json`",
    writer: "trainer",
    format: "JSON, files as they are",
    kept: "until MLflow has it; results 7 days, the last 1,000; refused ones until `cola publish --retry-refused` or `cola clean`",
  },
  runEnds: {
    path: "run-ends/",
    what: "runs of trainings that broke off while MLflow was away, and are marked as ended when it answers, a file each",
    writer: "trainer",
    format: "JSON",
    kept: "until MLflow has it",
  },
  spoolChecks: {
    path: "spool-checks/",
    what: "the same for checks",
    writer: "monitor",
    format: "JSON, files as they are",
    kept: "until MLflow has it; the last 100 results; refused ones until `cola clean`",
  },
  reports: {
    path: "reports/",
    what: "reports of checks that name no path, a file per check",
    writer: "monitor",
    format: "HTML",
    kept: "the last 1,000 (`COLAML_FILES_KEPT`), or until `cola clean`",
  },
  labels: {
    path: "labels/",
    what: "labels that came late, a folder per model, a file per delivery; from 64 files on older ones are merged",
    writer: "monitor",
    format: "NDJSON, a line `[id, label]`; the name holds number and sha256",
    kept: "until removed by hand",
  },
  alertState: {
    path: "monitor/<model>/alerts.json",
    what: "state of the model's alert rules, and the checks they saw last",
    writer: "monitor",
    format: "JSON",
    kept: "the last 50 checks",
  },
  checkHistory: {
    path: "monitor/<model>/history.ndjson",
    what: "checks of the model, a line each, for the report's chart over time",
    writer: "monitor",
    format: "NDJSON",
    kept: "the last 1,000 to 2,000; the last 200 are read",
  },
  loopState: {
    path: "monitor/<model>/loop.json",
    what: "what the closed loop started for the model",
    writer: "monitor",
    format: "JSON",
    kept: "the last 200 retrainings",
  },
  incidents: {
    path: "alerts/incidents/",
    what: "a folder per incident: `firing.json`, `recovered.json`, `acknowledged.json`, each written once",
    writer: "monitor; server and `cola alerts ack` (acknowledged)",
    format: "JSON",
    kept: "open ones; of those that have ended the last 1,000 (`COLAML_FILES_KEPT`), or until `cola clean`",
  },
  outbox: {
    path: "alerts/outbox/",
    what: "alerts on their way to the webhook, a file each",
    writer: "monitor",
    format: "JSON",
    kept: "until the webhook took it, or it was given up",
  },
  delivered: {
    path: "alerts/delivered/",
    what: "alerts that the webhook took",
    writer: "monitor",
    format: "as the outbox",
    kept: "the last 1,000 (`COLAML_FILES_KEPT`), or until `cola clean`",
  },
  undelivered: {
    path: "alerts/undelivered/",
    what: "alerts that were given up, or whose file cannot be read",
    writer: "monitor",
    format: "as the outbox",
    kept: "the last 1,000 (`COLAML_FILES_KEPT`), or until `cola clean`",
  },
  upRecord: {
    path: "up.json",
    what: "process and addresses of `cola up`, for other commands",
    writer: "`cola up`",
    format: "JSON",
    kept: "while it runs",
  },
  serversLock: {
    path: "servers.lock",
    what: "the process that runs the embedded servers, and where they are",
    writer: "`cola`",
    format: "JSON",
    kept: "while they run",
  },
  serverPorts: {
    path: "ports.json",
    what: "ports that the embedded servers keep between starts",
    writer: "`cola`",
    format: "JSON",
    kept: "for good",
  },
  redis: {
    path: "redis/",
    what: "data of the embedded Redis",
    writer: "Redis",
    format: "its append-only file",
    kept: "for good",
  },
  mlflow: {
    path: "mlflow/",
    what: "database and artifacts of the embedded MLflow",
    writer: "MLflow",
    format: "SQLite, files",
    kept: "for good",
  },
  logs: {
    path: "logs/",
    what: "output of the embedded servers and of the workers that `cola` starts, a file each",
    writer: "`cola`",
    format: "text",
    kept: "64 MiB and as much before it (`COLAML_LOG_MAX_MB`), or until `cola clean`",
  },
  streams: {
    path: "stream-",
    what: "a folder per command: what it reads from standard input and writes to standard output; in `COLAML_DATA_DIR` if that is set",
    writer: "`cola predict -`",
    format: "the table's own",
    kept: "while the command runs; of one that was killed until `cola clean`",
  },
  replays: {
    path: "replay-",
    what: "a folder per command: rows that are scored again; in `COLAML_DATA_DIR` if that is set",
    writer: "`cola predict --replay`",
    format: "the table's own",
    kept: "while the command runs; of one that was killed until `cola clean`",
  },
  demo: {
    path: "demo/",
    what: "files of `cola demo`",
    writer: "`cola demo`",
    format: "CSV, HTML",
    kept: "until the next demo or `cola clean`",
  },
} as const satisfies Record<string, StateEntry>;

/** Paths by name: a text, or a function of the model for what there is one of per model. */
export type StateFolder = {
  readonly [Name in keyof typeof STATE_ENTRIES]: (typeof STATE_ENTRIES)[Name]["path"] extends `${string}<model>${string}`
    ? (model: string) => string
    : string;
};

/** The paths of a state folder; nothing is made by it. */
export function stateFolder(stateDir: string): StateFolder {
  const paths = Object.entries(STATE_ENTRIES).map(([name, { path }]: [string, StateEntry]) => {
    const full = (below: string) => join(stateDir, ...below.split("/").filter((part) => part !== ""));
    const isPerModel = path.includes("<model>");
    return [name, isPerModel ? (model: string) => full(path.replace("<model>", () => model)) : full(path)];
  });
  return Object.fromEntries(paths) as StateFolder;
}
