import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProgram } from "@colaml/producer/cli/program";
import fc from "fast-check";
import { fuzz } from "./fuzz-run";

interface Ended {
  code: number;
  out: string;
  err: string;
  thrown?: string;
}

const folder = mkdtempSync(join(tmpdir(), "colaml-fuzz-cli-"));
let child: ChildProcess;
/** What is answered once the process has ended, which it must not. */
let died: Promise<Ended>;

beforeAll(async () => {
  writeFileSync(join(folder, "t.csv"), "tweet_id,inbound,text\n1,True,hello\n2,False,there\n");
  const { PATH } = process.env;
  const env = { PATH, HOME: folder, COLAML_LOG_FILE: "", COLAML_STATE_DIR: join(folder, "state") };
  child = fork(join(__dirname, "cola-child.mjs"), {
    cwd: folder,
    env,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  died = exit.then((code) => ({ code: -1, out: "", err: "", thrown: `the process ended with ${code}` }));
  await once(child, "message");
});
afterAll(async () => {
  child.disconnect();
  await died;
  rmSync(folder, { recursive: true, force: true });
});

async function cola(argv: readonly string[]): Promise<Ended> {
  child.send({ argv });
  const answered = once(child, "message").then(([ended]) => ended as Ended);
  return await Promise.race([answered, died]);
}

/** What commander knows of a command. */
interface Listed {
  name(): string;
  options: readonly { long?: string | null | undefined; short?: string | null | undefined }[];
  commands: readonly Listed[];
}

/** Every command, the names that lead to it, and its flags. */
function commandsOf(command: Listed, names: string[] = []): { names: string[]; flags: string[] }[] {
  const flags = command.options.flatMap(({ long, short }) =>
    [long, short].filter((flag) => typeof flag === "string"),
  );
  return [{ names, flags }, ...command.commands.flatMap((one) => commandsOf(one, [...names, one.name()]))];
}
const COMMANDS = commandsOf(createProgram());
const FLAGS = [
  ...new Set(COMMANDS.flatMap(({ flags }) => flags)),
  "--no-such",
  "--",
  "-",
  "---",
  "-qx",
  "--json=1",
  "--help",
];

const VALUES = [
  ...[
    "t.csv",
    "missing.csv",
    ".",
    "",
    " ",
    "-1",
    "0",
    "1e999",
    "NaN",
    "0x10",
    "1.5",
    "99999999999999999999",
    "5m",
    "P1D",
    "* * * * *",
  ],
  ...[
    "models:/m@champion",
    "models:/m/3",
    "m",
    "../m",
    "__proto__",
    "constructor",
    "toString",
    "a=b",
    "a=1,b=",
    "{",
    "[]",
    '{"a":1}',
  ],
  ...[
    "True",
    "none",
    "auto",
    "balanced",
    "csv",
    ";",
    "\\t",
    '"',
    "(?=a)",
    "\\w+",
    "a\nb",
    "é😀",
    "\ud800",
    "train",
    "text,other",
    "x".repeat(5000),
  ],
];
const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...VALUES) },
  // no path that leads out of the folder, and no NUL, which no argument can hold
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/[/\0~]/g, "_")) },
);

const commandLines = fc.constantFrom(...COMMANDS).chain(({ names, flags }) => {
  const own = flags.length === 0 ? fc.constantFrom(...FLAGS) : fc.constantFrom(...flags);
  const flag = fc.oneof({ weight: 4, arbitrary: own }, { weight: 1, arbitrary: fc.constantFrom(...FLAGS) });
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(flag, value) },
    { weight: 1, arbitrary: fc.tuple(flag, value).map(([name, given]) => [`${name}=${given}`]) },
    { weight: 1, arbitrary: flag.map((name) => [name]) },
    { weight: 3, arbitrary: value.map((given) => [given]) },
  );
  return fc
    .tuple(fc.array(piece, { maxLength: 5 }), fc.boolean())
    .map(([pieces, json]) => [...names, ...pieces.flat(), ...(json ? ["--json"] : [])]);
});

describe("the command line", () => {
  it("answers any arguments with its work, or with exit code 1 or 2 and one line: never with a stack", async () => {
    let reached = 0;
    await fuzz(
      "command-lines",
      commandLines,
      async (argv) => {
        const { code, out, err, thrown } = await cola(argv);
        expect(thrown).toBeUndefined();
        expect([0, 1, 2, 3]).toContain(code);
        expect(err + out).not.toMatch(/^ +at .*:\d+:\d+\)?$/m);
        expect(err + out).not.toMatch(
          /\b(INTERNAL|TypeError|RangeError|Cannot read prop|is not a function|is not iterable)\b/,
        );
        if (err.includes("no servers here")) reached++;
        if (code !== 2) return;
        const lines = err.split("\n").filter((line) => line !== "" && !line.startsWith("cola: warning:"));
        // without a command there is the list of them first
        if (lines[0]?.startsWith("Usage: cola")) lines.splice(0, lines.length - 1);
        expect(lines).toEqual([expect.stringMatching(/^cola: ./)]);
      },
      { runs: 80 },
    );
    // Some arguments must be good enough to go to work, or only the parser was asked.
    expect(reached).toBeGreaterThan(5);
  });
});
