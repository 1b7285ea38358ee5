import type { JobProgress } from "@colaml/shared/contracts/progress";
import { Format, SingleBar } from "cli-progress";
import { printable, type Terminal } from "./terminal";

/** Between two plain lines of one stage, if no bar can be drawn. */
const LINE_INTERVAL_MS = 10_000;

/** Shows how a job gets on: a bar on a terminal, else plain lines. Nothing with `--quiet`. */
export interface ProgressDisplay {
  show(progress: JobProgress): void;
  /** @param done the work is finished: a bar is drawn to its end */
  stop(done: boolean): void;
}

/** @param clock milliseconds; injected for tests */
export function createProgressDisplay(terminal: Terminal, clock: () => number = Date.now): ProgressDisplay {
  if (terminal.quiet) return { show: () => {}, stop: () => {} };
  return terminal.interactive ? new BarDisplay(terminal, clock) : new LineDisplay(terminal, clock);
}

/** How fast a stage goes, counted from its first report. */
class StageRate {
  stage = "";
  #startMs = 0;
  #startDone = 0;

  /** @returns true when this is a new stage */
  enter(progress: JobProgress, nowMs: number): boolean {
    if (progress.stage === this.stage) return false;
    this.stage = progress.stage;
    this.#startMs = nowMs;
    this.#startDone = progress.done ?? 0;
    return true;
  }

  /** Units a second, or nothing before there is anything to divide. */
  perSecond(done: number, nowMs: number): number | undefined {
    const seconds = (nowMs - this.#startMs) / 1000;
    const units = done - this.#startDone;
    return seconds > 0.2 && units > 0 ? units / seconds : undefined;
  }
}

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** `1,234 rows/s, ETA 12 s`; the parts that are known. */
function pace(progress: JobProgress, rate: number | undefined): string {
  if (rate === undefined) return "";
  const shown =
    progress.unit === "bytes"
      ? `${(rate / 1e6).toFixed(1)} MB/s`
      : `${rate >= 10 ? whole.format(rate) : rate.toFixed(1)} ${progress.unit ?? ""}/s`;
  const left = progress.total === undefined ? undefined : (progress.total - (progress.done ?? 0)) / rate;
  return left === undefined ? shown : `${shown}, ETA ${duration(left)}`;
}

/** `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`;
  return `${Math.floor(total / 3600)} h ${Math.floor((total % 3600) / 60)} min`;
}

/** `3.2 of 10.0 MB`, `17 of 50 iterations`. */
function amount({ done, total, unit }: JobProgress): string {
  if (done === undefined) return "";
  const show = (value: number) => (unit === "bytes" ? (value / 1e6).toFixed(1) : whole.format(value));
  const name = unit === "bytes" ? "MB" : (unit ?? "");
  return `${show(done)}${total === undefined ? "" : ` of ${show(total)}`} ${name}`.trim();
}

class BarDisplay implements ProgressDisplay {
  readonly #terminal: Terminal;
  readonly #clock: () => number;
  readonly #rate = new StageRate();
  #bar: SingleBar | undefined;
  #last: JobProgress | undefined;

  constructor(terminal: Terminal, clock: () => number) {
    this.#terminal = terminal;
    this.#clock = clock;
  }

  show(progress: JobProgress): void {
    const now = this.#clock();
    if (this.#rate.enter(progress, now)) this.#start(progress);
    this.#last = progress;
    const rate = this.#rate.perSecond(progress.done ?? 0, now);
    const detail = [amount(progress), pace(progress, rate), printable(progress.message ?? "")];
    if (progress.total !== undefined) this.#bar?.setTotal(progress.total);
    this.#bar?.update(progress.done ?? 0, { detail: detail.filter((part) => part !== "").join("  ") });
  }

  #start(progress: JobProgress): void {
    this.stop(true);
    this.#bar = new SingleBar({
      stream: this.#terminal.stderr as NodeJS.WritableStream,
      hideCursor: true,
      clearOnComplete: false,
      // Ctrl-C is ours: the bar must not end the process's handlers.
      gracefulExit: false,
      format: (options, params, payload: { detail?: string }) => {
        const name = progress.stage.padEnd(9);
        const bar = params.total > 0 ? Format.BarFormat(params.progress, options) : "…";
        return `${name} ${bar} ${payload.detail ?? ""}`;
      },
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 24,
    });
    this.#bar.start(progress.total ?? 0, progress.done ?? 0, { detail: "" });
  }

  stop(done: boolean): void {
    const { total } = this.#last ?? {};
    if (done && total !== undefined)
      this.#bar?.update(total, { detail: amount({ ...this.#last!, done: total }) });
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

class LineDisplay implements ProgressDisplay {
  readonly #terminal: Terminal;
  readonly #clock: () => number;
  readonly #rate = new StageRate();
  #lastLineMs = 0;
  #lastMessage = "";

  constructor(terminal: Terminal, clock: () => number) {
    this.#terminal = terminal;
    this.#clock = clock;
  }

  show(progress: JobProgress): void {
    const now = this.#clock();
    const isNew = this.#rate.enter(progress, now);
    const message = progress.message ?? "";
    const due = isNew || now - this.#lastLineMs >= LINE_INTERVAL_MS || message !== this.#lastMessage;
    if (!due) return;
    this.#lastLineMs = now;
    this.#lastMessage = message;
    const rate = this.#rate.perSecond(progress.done ?? 0, now);
    const parts = [amount(progress), pace(progress, rate), printable(message)].filter((part) => part !== "");
    this.#terminal.say(`${progress.stage}${parts.length > 0 ? `: ${parts.join(", ")}` : ""}`);
  }

  stop(): void {}
}
