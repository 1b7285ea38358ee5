// The predictor as it ships, made fragile: it ends itself at the moment that CRASH_AT names (once, the file
// CRASH_ONCE remembers), scoring a row with the text POISON throws or aborts the process, and once OVERTAKEN_BY, an
// output of another attempt at the same job, is there with its receipt, it is put into place and the batch folder goes (not with OVERTAKEN_KEEPS: it was
// made after that attempt had ended).
const { existsSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { ByteScorer } = require("../../dist/scoring/byte-scorer");
const { startPredictor } = require("../../dist/start");
const { batchFolderPath } = require("@colaml/shared/contracts/receipt");
const { runWorkerProcess } = require("@colaml/shared/worker/worker-process");

const {
  CRASH_AT,
  CRASH_ONCE,
  CRASH_AFTER = "1",
  POISON = "",
  OVERTAKEN_BY = "",
  OVERTAKEN = "",
  OVERTAKEN_KEEPS = "",
} = process.env;
let seen = 0;

function overtake() {
  if (OVERTAKEN_BY === "" || !existsSync(`${OVERTAKEN_BY}.receipt.json`)) return;
  if (OVERTAKEN_KEEPS === "") rmSync(batchFolderPath(OVERTAKEN), { recursive: true, force: true });
  for (const ending of ["", ".rejected.csv", ".receipt.json"]) {
    renameSync(`${OVERTAKEN_BY}${ending}`, `${OVERTAKEN}${ending}`);
  }
}

function onStep(step) {
  overtake();
  if (step !== CRASH_AT || existsSync(CRASH_ONCE) || ++seen < Number(CRASH_AFTER)) return;
  writeFileSync(CRASH_ONCE, step);
  process.kill(process.pid, "SIGKILL");
}

if (POISON !== "") {
  const score = ByteScorer.prototype.score;
  ByteScorer.prototype.score = function (range, origin) {
    if (!range.includes("POISON")) return score.call(this, range, origin);
    if (POISON === "abort") process.kill(process.pid, "SIGKILL");
    throw new Error("poisoned row");
  };
}

void runWorkerProcess("predictor-worker", (worker) => startPredictor(worker, onStep));
