import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkRoom, freeBytes } from "@colaml/shared/files/free-room";

const MIB = 1_048_576;

it("the free bytes of a folder are those that df counts, also of one that is not there yet", async () => {
  const df = execFileSync("df", ["--output=avail", "-B1", tmpdir()]).toString();
  const [, available] = df.trim().split("\n");
  const free = await freeBytes(join(tmpdir(), "not", "there", "yet"));
  // Others write meanwhile.
  expect(Math.abs(free - Number(available))).toBeLessThan(1_000 * MIB);
});

it("work is refused with the folder, what is free and what is needed, and how to mend it", async () => {
  const free = async () => 5.9 * MIB;
  await expect(checkRoom("/state/spool", 32 * MIB, "a training", free)).rejects.toMatchObject({
    code: "OUTPUT_UNWRITABLE",
    message:
      "the disk of /state/spool has 5 MiB free, a training needs 32 MiB: free some, or set COLAML_STATE_DIR to a folder of another disk",
  });
  await checkRoom("/state/spool", 5 * MIB, "a training", free);
});
