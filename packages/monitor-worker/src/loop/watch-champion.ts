import type { LoopEntry } from "./loop-state";
import { adoptCheck, attempt, type LoopTurn, tell } from "./loop-turn";

/**
 * One check of a new champion's watch window: if it is worse than the one before, on the same rows and beyond its
 * 95% interval, that one becomes champion again.
 */
export async function watchChampion(turn: LoopTurn, entry: LoopEntry): Promise<void> {
  const { result } = turn.check;
  if (result.modelVersion !== entry.version) return endIfReplaced(turn, entry);
  const accuracy = result.metrics.accuracy_score;
  const interval = result.intervals.accuracy_score;
  if (accuracy === undefined || interval === undefined) return;
  entry.checks++;
  adoptCheck(turn, entry);
  const { before, shown } = await compare(turn, entry, accuracy);
  const step = `watch_${entry.checks}`;
  if (before !== undefined && interval[1] < before) return rollBack(turn, entry, step, shown);
  const done = entry.checks >= entry.watchChecks;
  if (done) entry.status = "kept";
  await tell(turn, entry, step, done ? `version ${entry.version} is kept: ${shown}` : shown);
  if (done) entry.untold.push({ close: true });
}

/** Accuracy of the version before on the rows of this check; if they cannot be scored again, its accuracy when it was replaced. */
async function compare(
  turn: LoopTurn,
  entry: LoopEntry,
  accuracy: number,
): Promise<{ before: number | undefined; shown: string }> {
  const { dependencies, check } = turn;
  const { version } = entry.before;
  const sameRows = await attempt(turn, `scoring by version ${version}`, () =>
    dependencies.accuracyOf(check.result.model, version, check.job),
  );
  const before = sameRows ?? entry.before.accuracy;
  const when = sameRows === undefined ? "when it was replaced" : "on the same rows";
  const shown = `version ${entry.version} has accuracy ${accuracy.toFixed(4)}, version ${version} ${before?.toFixed(4) ?? "an unknown one"} ${when}`;
  return { before, shown };
}

async function rollBack(turn: LoopTurn, entry: LoopEntry, step: string, shown: string): Promise<void> {
  const { dependencies, check } = turn;
  const [from, to] = [entry.version!, entry.before.version];
  const reason = `check ${entry.checks} of the watch window: ${shown}`;
  check.held();
  const done = await attempt(turn, "the rollback", () =>
    dependencies.rollback(check.result.model, from, to, reason),
  );
  if (done === false) return endIfReplaced(turn, entry);
  if (done === undefined) {
    entry.checks--;
    return tell(turn, entry, step, `rollback to version ${to} failed, the next check retries it: ${shown}`);
  }
  entry.status = "rolled back";
  await tell(turn, entry, step, `rolled back to version ${to}: ${shown}`);
  entry.untold.push({ rollback: { from, to, reason } }, { close: true });
}

/** Somebody promoted another version meanwhile: there is nothing left to watch. */
async function endIfReplaced(turn: LoopTurn, entry: LoopEntry): Promise<void> {
  const champion = await attempt(turn, "asking for the champion", () =>
    turn.dependencies.championOf(turn.check.result.model),
  );
  if (champion === undefined || champion === entry.version) return;
  entry.status = "replaced";
  await tell(
    turn,
    entry,
    "replaced",
    `version ${entry.version} is no longer watched: version ${champion} is champion`,
  );
  entry.untold.push({ close: true });
}
