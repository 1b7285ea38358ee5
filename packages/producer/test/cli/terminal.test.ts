import { PassThrough } from "node:stream";
import { Terminal } from "@colaml/producer/cli/terminal";

const VERDICT = "HOLD: not better; cola models promote 2 --model tickets makes it champion all the same";
const AS_TYPED = VERDICT.replace("cola models", "npm run cola -- models");

/** What a command prints that was called by `npm run cola`. */
function printed(print: (terminal: Terminal) => void, json = false): string {
  const stdout = new PassThrough();
  print(new Terminal({ stdout, json, env: {} }));
  return String(stdout.read() ?? "");
}

describe("the result of a command", () => {
  const before = process.env["npm_lifecycle_event"];
  beforeAll(() => {
    process.env["npm_lifecycle_event"] = "cola";
  });
  afterAll(() => {
    if (before === undefined) delete process.env["npm_lifecycle_event"];
    else process.env["npm_lifecycle_event"] = before;
  });

  it("names commands as this one was typed, also those that a worker wrote", () => {
    expect(printed((terminal) => terminal.result({}, VERDICT))).toBe(`${AS_TYPED}\n`);
  });

  it("is one object with --json, as it came", () => {
    expect(JSON.parse(printed((terminal) => terminal.result({ verdict: VERDICT }, VERDICT), true))).toEqual({
      verdict: VERDICT,
    });
  });

  it("is left as it is where it is data, such as a label", () => {
    expect(printed((terminal) => terminal.data({}, "cola train\tcola train 0.9"))).toBe(
      "cola train\tcola train 0.9\n",
    );
  });
});
