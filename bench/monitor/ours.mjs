// One check of a predictions file in a process of its own: prints {seconds, peakMb, rows} as JSON.
// Arguments: predictions, labels, state folder.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const require = createRequire(resolve(import.meta.dirname, "../../packages/monitor-worker/package.json"));
const { createMonitorProcessor } = require("@colaml/monitor-worker/monitor/processor");
const { AlertEngine } = require("@colaml/monitor-worker/alerts/alert-engine");
const { CheckHistory } = require("@colaml/shared/outputs/check-history");
const { LabelStore } = require("@colaml/monitor-worker/labels/label-store");
const { createReportFiles } = require("@colaml/monitor-worker/report/report-files");
const { resolveConfig } = require("@colaml/shared/settings/resolve-config");
const { IncidentStore } = require("@colaml/shared/alerts/incident-store");
const { monitorJobSchema } = require("@colaml/shared/contracts/monitor");
const { featuresSchema } = require("@colaml/shared/settings/features-settings");
const { createTokenizer } = require("@colaml/shared/learning/text/tokenizer");

const [predictions, labels, stateDir] = process.argv.slice(2);
const { profile, terms } = JSON.parse(readFileSync(join(stateDir, "profile.json"), "utf8"));
const logger = { error() {}, warn() {}, info() {}, debug() {}, child: () => logger, close: async () => {} };
const check = createMonitorProcessor({
  loadModel: async () => ({
    name: "modelo_nuevo",
    version: "1",
    runId: "bench",
    classifier: { classes: profile.classes, predict: () => 0 },
    terms,
    tokenise: createTokenizer(featuresSchema.parse({})),
    columns: { text: "text", label: "inbound", id: "tweet_id" },
    profile,
  }),
  publish: async () => ({ runId: "none" }),
  alerts: new AlertEngine({
    stateDir,
    incidents: new IncidentStore(stateDir, logger.warn),
    sinks: [],
    logger,
  }),
  rules: [],
  labels: new LabelStore(stateDir),
  history: new CheckHistory(stateDir, logger.warn),
  settings: resolveConfig().monitor,
  confine: async (path) => path,
  exclusively: (_model, work) => work(() => {}),
  reports: createReportFiles({ stateDir, dataDir: "" }),
});
const started = performance.now();
const result = await check(monitorJobSchema.parse({ predictions, ...(labels === "" ? {} : { labels }) }), {
  jobId: "bench",
  signal: new AbortController().signal,
  logger,
  progress: async () => {},
});
const seconds = (performance.now() - started) / 1000;
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const peakMb = maxRSS / 1024;
const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
console.log(
  JSON.stringify({
    seconds,
    cpuSeconds,
    peakMb,
    rows: result.rows,
    labelled: result.n,
    drift: result.drift.level,
  }),
);
