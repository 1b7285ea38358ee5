import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkJobPath } from "@colaml/shared/files/job-path";

let folder: string;
let root: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "confine-"));
  root = join(folder, "data");
  await mkdir(root);
  await writeFile(join(root, "inside.csv"), "x");
  await writeFile(join(folder, "outside.csv"), "x");
  await writeFile(join(folder, "data-beside.csv"), "x");
  await symlink(join(folder, "outside.csv"), join(root, "link.csv"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a path that a job names", () => {
  it("may be any if no data folder is set", async () => {
    const outside = join(folder, "outside.csv");
    await expect(checkJobPath("", outside)).resolves.toBe(outside);
  });

  it("may lie in the data folder", async () => {
    const inside = join(root, "inside.csv");
    await expect(checkJobPath(root, inside)).resolves.toBe(inside);
  });

  it.each([
    ["beside it", () => join(folder, "outside.csv")],
    ["beside it under a name that begins alike", () => join(folder, "data-beside.csv")],
    ["above it by ..", () => join(root, "..", "outside.csv")],
    ["at the end of a link", () => join(root, "link.csv")],
    ["nowhere", () => join(folder, "nothing.csv")],
    ["among the system's files", () => "/etc/passwd"],
  ])("is refused %s", async (_what, path) => {
    await expect(checkJobPath(root, path())).rejects.toMatchObject({ code: "PATH_NOT_ALLOWED" });
  });

  it("may be of a file that is still to be written", async () => {
    const output = join(root, "new", "scored.csv");
    await expect(checkJobPath(root, output)).resolves.toBe(output);
  });

  it("is refused if a folder on the way to a new file leads out", async () => {
    await symlink(folder, join(root, "way-out"));
    await expect(checkJobPath(root, join(root, "way-out", "new.csv"))).rejects.toMatchObject({
      code: "PATH_NOT_ALLOWED",
    });
  });
});
