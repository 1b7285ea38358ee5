import { Writable } from "node:stream";
import { createProgressDisplay, duration } from "@colaml/producer/cli/progress-bar";
import { printable, Terminal } from "@colaml/producer/cli/terminal";

class Sink extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

describe("progress if no bar can be drawn", () => {
  it("is a line a stage, and one every ten seconds with rate and what is left", () => {
    const stderr = new Sink();
    let now = 0;
    const display = createProgressDisplay(new Terminal({ stderr, env: {} }), () => now);
    display.show({ stage: "score", done: 0, total: 1000, unit: "rows" });
    now = 5_000;
    display.show({ stage: "score", done: 100, total: 1000, unit: "rows" });
    now = 10_000;
    display.show({ stage: "score", done: 200, total: 1000, unit: "rows" });
    display.show({ stage: "publish" });
    expect(stderr.text.trimEnd().split("\n")).toEqual([
      "score: 0 of 1,000 rows",
      "score: 200 of 1,000 rows, 20 rows/s, ETA 40 s",
      "publish",
    ]);
  });

  it("is nothing with --quiet", () => {
    const stderr = new Sink();
    createProgressDisplay(new Terminal({ stderr, quiet: true, env: {} })).show({ stage: "score" });
    expect(stderr.text).toBe("");
  });
});

describe("a terminal", () => {
  it.each([
    [59.6, "1 min 0 s"],
    [12, "12 s"],
    [185, "3 min 5 s"],
    [7_800, "2 h 10 min"],
  ])("says %d seconds as %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it("shows control characters of foreign text as text", () => {
    expect(printable("a\u001b[31mred\r\nb\u009b")).toBe("a\\x1b[31mred\\x0d\\x0ab\\x9b");
  });

  it("uses no colour if NO_COLOR is set or nobody watches", () => {
    const tty = Object.assign(new Sink(), { isTTY: true });
    expect(new Terminal({ stderr: tty, env: {} }).color).toBe(true);
    expect(new Terminal({ stderr: tty, env: { NO_COLOR: "1" } }).color).toBe(false);
    expect(new Terminal({ stderr: new Sink(), env: {} }).color).toBe(false);
  });
});
