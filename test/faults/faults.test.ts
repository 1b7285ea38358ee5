import { writeFileSync } from "node:fs";
import { reportOf } from "./report";
import { type FaultRun, olderRelease, runFaults } from "./run-faults";

const env = process.env;
const seed = Number(env["COLAML_FAULTS_SEED"] ?? 7);
const minutes = Number(env["COLAML_FAULTS_MINUTES"] ?? 0);
/** Empty without an older release. */
const older = env["COLAML_FAULTS_OLDER"] ?? "";
const reportFile = env["COLAML_FAULTS_REPORT"] ?? "";

/** In `npm test`: one process of each kind and a few seconds. `npm run test:faults` does the other. */
const SHORT = {
  minutes: 8 / 60,
  size: { workers: 1, ownMlflow: false },
  lanes: { batch: 1, texts: 1, train: 1, monitor: 1, labels: 1 },
  inputRows: [600],
  gapMs: { least: 200, most: 600 },
} satisfies Partial<FaultRun>;
const LONG = {
  minutes,
  size: { workers: 2, ownMlflow: true },
  lanes: { batch: 2, texts: 2, train: 1, tune: 1, monitor: 2, labels: 2, compare: 1 },
  inputRows: [1_500, 2_500, 400],
  gapMs: { least: 300, most: 2_500 },
} satisfies Partial<FaultRun>;

it(
  "everything at once, seeded: no job is lost, doubled or changed",
  async () => {
    const outcome = await runFaults({
      ...(minutes > 0 ? LONG : SHORT),
      seed,
      older: older === "" ? undefined : olderRelease(older, "the older release"),
      say: (line) => reportFile !== "" && process.stderr.write(`${new Date().toISOString()} ${line}\n`),
    });
    if (reportFile !== "") writeFileSync(reportFile, reportOf(outcome));
    if (outcome.problems.length > 0) throw new Error(reportOf(outcome));
    expect(outcome.workload.jobs.length).toBeGreaterThan(0);
  },
  (minutes + 20) * 60_000,
);
