import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as disk from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { moveOutput, writeOutput } from "@colaml/shared/files/output-gate";

// No disk of that kind can be mounted in a test without the rights of root: its answers are put in place of this one's.
jest.mock("node:fs/promises", () => {
  const real = jest.requireActual<typeof disk>("node:fs/promises");
  return {
    ...real,
    link: jest.fn(real.link),
    rename: jest.fn(real.rename),
    lstat: jest.fn(real.lstat),
  };
});
const real = jest.requireActual<typeof disk>("node:fs/promises");
const [link, rename, lstat] = [jest.mocked(disk.link), jest.mocked(disk.rename), jest.mocked(disk.lstat)];

let folder: string;
const at = (name: string) => join(folder, name);
const rules = { inputs: [], force: false };
const fails = (code: string) => () => Promise.reject(Object.assign(new Error(`${code}: refused`), { code }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "disk-"));
  writeFileSync(at("finished"), "finished");
  writeFileSync(at("taken.csv"), "another's");
});
afterEach(() => {
  link.mockImplementation(real.link);
  rename.mockImplementation(real.rename);
  lstat.mockImplementation(real.lstat);
  rmSync(folder, { recursive: true });
});

describe.each(["EPERM", "ENOTSUP", "ENOSYS", "EXDEV", "EINVAL"])(
  "on a disk that answers a hard link with %s",
  (code) => {
    beforeEach(() => link.mockImplementation(fails(code)));

    it("a finished file takes a free name, and leaves a taken one", async () => {
      await expect(moveOutput(at("finished"), at("taken.csv"), "new")).rejects.toMatchObject({
        code: "OUTPUT_EXISTS",
      });
      for (let i = 0; i < 2; i++) await moveOutput(at("finished"), at("out.csv"), "new");
      expect(readFileSync(at("out.csv"), "utf8")).toBe("finished");
      expect(readFileSync(at("taken.csv"), "utf8")).toBe("another's");
    });

    it("a report is written once, and nothing is left beside it", async () => {
      await writeOutput(at("r.html"), [Buffer.from("page")], rules);
      await expect(writeOutput(at("r.html"), [Buffer.from("other")], rules)).rejects.toMatchObject({
        code: "OUTPUT_EXISTS",
      });
      expect(readFileSync(at("r.html"), "utf8")).toBe("page");
      expect(readdirSync(folder).sort()).toEqual(["finished", "r.html", "taken.csv"]);
    });
  },
);

it("files without inodes are not taken for one file because all of them have the number 0", async () => {
  lstat.mockImplementation((async (path: string) =>
    Object.assign(lstatSync(path, { bigint: true }), { ino: 0n })) as unknown as typeof disk.lstat);
  await expect(moveOutput(at("finished"), at("taken.csv"), "new")).rejects.toMatchObject({
    code: "OUTPUT_EXISTS",
  });
  expect(readFileSync(at("finished"), "utf8")).toBe("finished");
  await moveOutput(at("finished"), at("taken.csv"), "replace");
  expect(readFileSync(at("taken.csv"), "utf8")).toBe("finished");
});

it.each([
  ["EBUSY", /it is in use: .*mounted/],
  ["EXDEV", /several disks/],
])("a name that cannot be moved to (%s) is refused in a line", async (code, why) => {
  rename.mockImplementation(fails(code));
  await expect(moveOutput(at("finished"), at("taken.csv"), "replace")).rejects.toMatchObject({
    code: "OUTPUT_UNWRITABLE",
    message: expect.stringMatching(why),
  });
});
