import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { confinedInput, confinedOutput, futureOutput } from "@colaml/shared/files/confined-path";

const folder = mkdtempSync(join(tmpdir(), "confined-"));
const root = join(folder, "data");

beforeAll(() => {
  mkdirSync(join(root, "sub"), { recursive: true });
  mkdirSync(join(folder, "data-neighbour"));
  writeFileSync(join(root, "in.csv"), "text\nhi\n");
  writeFileSync(join(root, "sub", "in.csv"), "text\nhi\n");
  writeFileSync(join(folder, "secret.csv"), "text\nsecret\n");
  writeFileSync(join(folder, "data-neighbour", "x.csv"), "text\nsecret\n");
  symlinkSync(join(folder, "secret.csv"), join(root, "link.csv"));
  symlinkSync(folder, join(root, "outside"));
  symlinkSync(join(root, "in.csv"), join(root, "inner-link.csv"));
  symlinkSync("/dev/zero", join(root, "device"));
  symlinkSync(join(root, "loop"), join(root, "loop"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ColaError) return error.code;
    throw error;
  }
  return "accepted";
}

/** Spellings that reach outside, or would for another parser. */
const HOSTILE = [
  "../secret.csv",
  "sub/../../secret.csv",
  "sub/../in.csv",
  "..",
  "/etc/passwd",
  "//etc/passwd",
  "%2e%2e/secret.csv",
  "%2e%2e%2fsecret.csv",
  "..%2fsecret.csv",
  "..\\secret.csv",
  "sub\\..\\..\\secret.csv",
  "C:\\secret.csv",
  "C:/secret.csv",
  "in.csv\0",
  "in\n.csv",
  "~/secret.csv",
  "link.csv",
  "outside/secret.csv",
  "outside/data-neighbour/x.csv",
  "device",
  "sub//in.csv",
  "in.csv/.",
  "",
];

describe("a confined path", () => {
  it.each(HOSTILE)("is refused as input when spelled %j", (path) => {
    expect(codeOf(() => confinedInput(root, path))).toBe("PATH_NOT_ALLOWED");
  });

  it.each(HOSTILE)("is refused as output when spelled %j", (path) => {
    expect(codeOf(() => confinedOutput(root, path))).toBe("PATH_NOT_ALLOWED");
  });

  it("gives the real path of files inside, also through a link that stays inside", () => {
    expect(confinedInput(root, "in.csv")).toBe(join(root, "in.csv"));
    expect(confinedInput(root, "sub/in.csv")).toBe(join(root, "sub", "in.csv"));
    expect(confinedInput(root, "inner-link.csv")).toBe(join(root, "in.csv"));
    expect(confinedOutput(root, "sub/out.csv")).toBe(join(root, "sub", "out.csv"));
  });

  it("refuses an output through a link, even one that stays inside", () => {
    expect(codeOf(() => confinedOutput(root, "inner-link.csv"))).toBe("PATH_NOT_ALLOWED");
  });

  it("says what is missing: the input, or the folder of an output", () => {
    expect(codeOf(() => confinedInput(root, "no.csv"))).toBe("INPUT_NOT_FOUND");
    expect(codeOf(() => confinedOutput(root, "no/out.csv"))).toBe("OUTPUT_UNWRITABLE");
  });

  it("says what cannot be: a loop of links, a name over 255 bytes", () => {
    for (const path of ["loop", "loop/in.csv", "é".repeat(128), `${"n".repeat(256)}/in.csv`]) {
      expect(codeOf(() => confinedInput(root, path))).toBe("INPUT_UNREADABLE");
    }
    for (const path of ["loop/out.csv", "é".repeat(128), `${"n".repeat(256)}/out.csv`]) {
      expect(codeOf(() => confinedOutput(root, path))).toBe("OUTPUT_UNWRITABLE");
    }
  });

  it("refuses an output at a link, be it one that leads nowhere or in a circle", () => {
    symlinkSync(join(folder, "not-yet.csv"), join(root, "dangling.csv"));
    for (const path of ["dangling.csv", "loop"])
      expect(codeOf(() => confinedOutput(root, path))).toBe("PATH_NOT_ALLOWED");
  });

  it("of an output may lie in folders that are not there yet", () => {
    expect(futureOutput(root, "new/2026/out.csv")).toBe(join(root, "new", "2026", "out.csv"));
    expect(futureOutput(root, "sub/new/out.csv")).toBe(join(root, "sub", "new", "out.csv"));
    expect(futureOutput(root, "sub/out.csv")).toBe(join(root, "sub", "out.csv"));
    expect(futureOutput(root, "out.csv")).toBe(join(root, "out.csv"));
    expect(existsSync(join(root, "new"))).toBe(false);
  });

  it.each(HOSTILE)("is refused as a future output when spelled %j", (path) => {
    expect(codeOf(() => futureOutput(root, path))).toBe("PATH_NOT_ALLOWED");
  });

  it("refuses a future output below a file, a link that leads out, and one of ColaML's own folders", () => {
    symlinkSync(folder, join(root, "way-out"));
    expect(codeOf(() => futureOutput(root, "in.csv/new/out.csv"))).toBe("OUTPUT_UNWRITABLE");
    expect(codeOf(() => futureOutput(root, "way-out/new/out.csv"))).toBe("PATH_NOT_ALLOWED");
    expect(codeOf(() => futureOutput(root, "state/new/out.csv", [join(root, "state")]))).toBe(
      "PATH_NOT_ALLOWED",
    );
  });
});
