import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  checkReport,
  reportMaker,
  reportMark,
  scheduleMaker,
  writeReport,
} from "@colaml/shared/outputs/report-output";

let folder: string;
let report: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "report-"));
  report = join(folder, "report.html");
});
afterEach(() => rm(folder, { recursive: true }));

const job = (more: object = {}) => ({ model: "models:/m@champion", report, ...more });
const tick = (schedule: string, at: number) => reportMaker(`repeat:${schedule}:${at}`, "m");
const page = (maker: ReturnType<typeof reportMaker>, text: string) =>
  `<!doctype html>\n<html><head><meta name="generator" content="${reportMark(maker)}"></head>${text}`;

/** A report by `first` is at the path already. */
const writeAfter = async (first: ReturnType<typeof reportMaker>, second: ReturnType<typeof reportMaker>) => {
  await writeReport(job(), first, page(first, "first"));
  await writeReport(job(), second, page(second, "second"));
};

describe("a report that is at its path already", () => {
  it("is replaced by a later job of the same schedule, and by the same job that runs again", async () => {
    await writeAfter(tick("nightly", 1), tick("nightly", 2));
    expect(readFileSync(report, "utf8")).toMatch(/second$/);
    await rm(report);
    await writeAfter(reportMaker("monitor-1", "m"), reportMaker("monitor-1", "m"));
    expect(readFileSync(report, "utf8")).toMatch(/second$/);
    await rm(report);
    await writeReport(job(), tick("nightly", 1), page(tick("nightly", 1), ""));
    await expect(checkReport(job(), scheduleMaker("nightly", "m"))).resolves.toBeUndefined();
  });

  it.each([
    ["another schedule", tick("nightly", 1), tick("hourly", 2)],
    ["a schedule whose name begins alike", tick("nightly-2", 1), tick("nightly", 2)],
    ["another job", reportMaker("monitor-1", "m"), reportMaker("monitor-2", "m")],
    ["another model", reportMaker("repeat:nightly:1", "other"), tick("nightly", 2)],
  ])("stays if it is of %s, unless forced", async (_what, first, second) => {
    await expect(writeAfter(first, second)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    expect(readFileSync(report, "utf8")).toMatch(/first$/);
    await expect(checkReport(job())).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    await writeReport(job({ force: true }), second, page(second, "second"));
    expect(readFileSync(report, "utf8")).toMatch(/second$/);
  });

  it("stays if it is somebody's page that only speaks of the mark", async () => {
    const maker = tick("nightly", 1);
    for (const text of [
      `mine: ${page(maker, "")}`,
      `<!doctype html>${"x".repeat(2_000)}${page(maker, "")}`,
      "",
    ]) {
      writeFileSync(report, text);
      await expect(checkReport(job(), maker)).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
    }
  });
});

it.each(["input", "predictions", "labels"])("a report never goes over the %s of its job", async (what) => {
  const path = join(folder, "data.htm");
  writeFileSync(path, "text\nhello\n");
  const given = what === "input" ? { input: { path } } : { [what]: path };
  await expect(checkReport(job({ report: path, force: true, ...given }))).rejects.toMatchObject({
    code: "OUTPUT_UNWRITABLE",
    message: expect.stringContaining("is the input"),
  });
});

it("a report never goes through a link, nor under an ending that is not HTML's", async () => {
  symlinkSync(join(folder, "elsewhere"), report);
  await expect(checkReport(job({ force: true }))).rejects.toThrow(/symbolic link/);
  for (const name of ["tweets.csv", "main.ts", "report"]) {
    const refused = checkReport(job({ report: join(folder, name), force: true }));
    await expect(refused).rejects.toThrow(/use \.html or \.htm/);
  }
});
