import type { Recorded, Told } from "./oracle";
import type { KindCounts, Workload } from "./workload";

/** What became of the strikes of one kind. */
export interface StrikeCounts {
  times: number;
  /** Milliseconds from the end of a fault until a job got on. */
  recoveries: number[];
}

/** All that a run has to say. */
export interface Outcome {
  seed: number;
  minutes: number;
  strikes: Map<string, StrikeCounts>;
  /** Kinds that could not be struck, with the reason. */
  missing: Map<string, string>;
  workload: Workload;
  told: Told | undefined;
  recorded: Recorded | undefined;
  problems: readonly string[];
  folder: string;
}

const seconds = (ms: number) => (ms / 1000).toFixed(1);

/** The middle of a list of numbers, by numpy's median; undefined of none. */
function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : average(sorted[half - 1], sorted[half]);
}

const average = (one: number | undefined, other: number | undefined) =>
  one === undefined || other === undefined ? undefined : (one + other) / 2;

function table(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
}

function strikesTable({ strikes, missing }: Outcome): string[] {
  const rows = [...strikes].map(([kind, { times, recoveries }]) => {
    const middle = median(recoveries);
    const most = recoveries.length > 0 ? seconds(Math.max(...recoveries)) : "-";
    return [kind, String(times), middle === undefined ? "-" : seconds(middle), most];
  });
  return [
    ...table([["fault", "times", "recovery, s: median", "most"], ...rows]),
    ...[...missing].map(([kind, reason]) => `not struck: ${kind} (${reason})`),
  ];
}

function jobsTable({ workload }: Outcome): string[] {
  const rows = Object.entries(workload.counts).map(([kind, counts]) => [
    kind,
    String(counts.submitted),
    String(counts.completed),
    retriedOf(counts),
  ]);
  return table([["jobs", "submitted", "completed", "retried by hand"], ...rows]);
}

const retriedOf = ({ retried }: KindCounts) =>
  Object.entries(retried)
    .map(([code, times]) => `${times} ${code}`)
    .join(", ") || "0";

/** The report, ready to be printed. */
export function reportOf(outcome: Outcome): string {
  const { seed, minutes, workload, told, recorded, problems, folder } = outcome;
  const { rows, lost, doubled } = workload.rows;
  const answers = Object.entries(workload.answers).map(([status, times]) => `${times} x ${status}`);
  const all = [...outcome.strikes.values()];
  const recoveries = all.flatMap((strike) => strike.recoveries);
  return [
    `faults: ${minutes.toFixed(1)} minutes, seed ${seed}`,
    ...strikesTable(outcome),
    `${all.reduce((sum, { times }) => sum + times, 0)} strikes; recovery: median ${seconds(median(recoveries) ?? 0)} s, most ${seconds(Math.max(0, ...recoveries))} s`,
    "",
    ...jobsTable(outcome),
    `answers to submissions: ${answers.join(", ")}`,
    `rows of batches: ${rows}, lost ${lost}, doubled ${doubled}`,
    ...(told
      ? [
          `incidents: ${told.incidents}, ${told.messages} messages, ${told.again} of them sent twice under one id`,
        ]
      : []),
    ...(recorded
      ? [
          `MLflow: ${recorded.runs} runs, ${recorded.ended} of them marked FAILED or KILLED, ${recorded.versions} versions`,
        ]
      : []),
    problems.length === 0 ? "no violation" : `${problems.length} violations; logs are in ${folder}`,
    ...problems.slice(0, 50).map((problem) => `  ${problem}`),
    "",
  ].join("\n");
}
