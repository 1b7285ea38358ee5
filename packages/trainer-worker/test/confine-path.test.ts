import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { confinePath } from "@colaml/trainer-worker/confine-path";

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

describe("the path of a job's dataset", () => {
  it("may be any where no data folder is set", async () => {
    await expect(confinePath("", join(folder, "outside.csv"))).resolves.toBeUndefined();
  });

  it("may lie in the data folder", async () => {
    await expect(confinePath(root, join(root, "inside.csv"))).resolves.toBeUndefined();
  });

  it.each([
    ["beside it", () => join(folder, "outside.csv")],
    ["beside it under a name that begins alike", () => join(folder, "data-beside.csv")],
    ["above it by ..", () => join(root, "..", "outside.csv")],
    ["at the end of a link", () => join(root, "link.csv")],
    ["nowhere", () => join(folder, "nothing.csv")],
    ["among the system's files", () => "/etc/passwd"],
  ])("is refused %s", async (_what, path) => {
    await expect(confinePath(root, path())).rejects.toMatchObject({ code: "PATH_NOT_ALLOWED" });
  });

  it("is INPUT_NOT_FOUND where it would be allowed but is not there", async () => {
    await expect(confinePath(root, join(root, "nothing.csv"))).rejects.toMatchObject({
      code: "INPUT_NOT_FOUND",
    });
  });
});
