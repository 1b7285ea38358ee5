import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promote } from "@colaml/shared/mlflow/champion";
import { type Browser, chromiumPath, openChromium, type View } from "../../../../test/headless-chromium";
import {
  clientFor,
  publishVersions,
  testServer,
  uniqueName,
} from "../../../shared/test/mlflow/example-publication";
import { fillPages, openPages, type PagesUnderTest, TOKENS, WITH_TOKENS } from "./pages-under-test";

const withChromium = chromiumPath === undefined ? describe.skip : describe;
/** Pictures of every state to look at; nothing is written unless it names a folder. */
const pictures = process.env["COLAML_TEST_PICTURES"];

const DESK: View = { width: 1280, scheme: "light" };
const PHONE: View = { width: 360, scheme: "dark", language: "es-ES" };
const model = uniqueName("browsed");
const PATHS = [
  "/",
  "/ui/jobs",
  "/ui/jobs/predict/predict-texts",
  "/ui/jobs/monitor/monitor-failed",
  "/ui/models",
  `/ui/models/${model}`,
  "/ui/alerts",
  "/ui/queues",
  "/ui/try",
];
/** Pixels that do not fit beside each other. */
const OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
/** Questions that, once open, do not lie within the width of the page, by their text. */
const QUESTIONS = `[...document.querySelectorAll("details.ask")].flatMap((ask) => {
  ask.open = true;
  const { left, right } = ask.querySelector("form").getBoundingClientRect();
  ask.open = false;
  return left >= 0 && right <= document.documentElement.clientWidth ? [] : [ask.innerText + " " + left + " " + right];
})`;
/** What a reader of the screen hears nothing of: controls and headings of columns without a name. */
const NAMELESS = `[...document.querySelectorAll("a, button, summary, th, input:not([type=hidden]), select, svg[role=img]")]
  .filter((one) => !(one.textContent.trim() || one.getAttribute("aria-label") || one.closest("label")))
  .map((one) => one.outerHTML)`;
const WORDS = "document.body.innerText";

withChromium("in a browser", () => {
  let browser: Browser;
  let open: PagesUnderTest;
  let guarded: PagesUnderTest;
  beforeAll(async () => {
    open = await openPages("browser-open", { COLAML_MODEL: model });
    guarded = await openPages("browser-guarded", { ...WITH_TOKENS, COLAML_MODEL: model });
    const client = clientFor(testServer());
    await publishVersions(client, model, 2);
    await promote(client, model, "1", "the first");
    await fillPages(open, model);
    await fillPages(guarded, model);
    browser = await openChromium(chromiumPath!);
  });
  afterAll(async () => {
    await browser.close();
    await open.close();
    await guarded.close();
  });

  async function look(pages: PagesUnderTest, path: string, view: View, state: string): Promise<string> {
    await browser.open(pages.url + path, view);
    const words = await browser.evaluate<string>(WORDS);
    expect([path, await browser.evaluate<number>(OVERFLOW), browser.complaints()]).toEqual([path, 0, []]);
    expect(await browser.evaluate<string>("document.title")).not.toBe("taken");
    if (pictures) {
      const name = `${state}-${view.width}-${view.scheme}${path.replace(/[^a-z]+/g, "-")}.png`;
      writeFileSync(join(pictures, name), await browser.screenshot());
    }
    return words;
  }

  /** Gives a token at the door, wherever the browser is. */
  async function logIn(token: string, path = "/"): Promise<void> {
    await browser.open(guarded.url + path, DESK);
    await browser.evaluate(`document.querySelector("input[name=token]").value = ${JSON.stringify(token)}`);
    await browser.follow(`document.querySelector("button.primary").click()`);
  }

  const press = (name: string) =>
    browser.follow(
      `[...document.querySelectorAll("button")].find((button) => button.textContent === ${JSON.stringify(name)}).click()`,
    );

  it("every page is clean, fits a desk and a phone, and runs nothing that a job says", async () => {
    for (const path of PATHS) {
      await look(open, path, DESK, "busy");
      await look(open, path, { ...DESK, scheme: "dark" }, "busy");
      expect(await look(open, path, PHONE, "busy")).toContain("Resumen");
      expect([path, await browser.evaluate(QUESTIONS)]).toEqual([path, []]);
      expect([path, await browser.evaluate(NAMELESS)]).toEqual([path, []]);
    }
  });

  it("every page is clean while there is nothing", async () => {
    const empty = await openPages("browser-empty", { COLAML_MODEL: uniqueName("none") });
    for (const path of ["/", "/ui/jobs", "/ui/models", "/ui/alerts", "/ui/queues", "/ui/try"]) {
      await look(empty, path, DESK, "empty");
      await look(empty, path, PHONE, "empty");
    }
    await empty.close();
  });

  it("shows times in the reader's zone, and keeps what UTC they are", async () => {
    await browser.open(`${open.url}/ui/alerts`, DESK);
    const [shown, title] = await browser.evaluate<[string, string]>(
      `(() => { const at = document.querySelector("tbody time"); return [at.textContent, at.title]; })()`,
    );
    expect(shown).not.toContain("UTC");
    expect(title).toContain("2026-01-03T00:00:00.000Z");
  });

  it("asks for a token, stays at the door with a wrong one, and leads on with the right one", async () => {
    await logIn("wrong", "/ui/queues");
    expect(await browser.evaluate<string>(WORDS)).toContain("not a token of this server");
    await look(guarded, "/login", { ...DESK, scheme: "dark" }, "token");
    await look(guarded, "/login", PHONE, "token");
    await logIn(TOKENS.admin, "/ui/queues");
    expect(await browser.evaluate<string>("location.pathname")).toBe("/ui/queues");
    await browser.open(`${guarded.url}/ui/queues`, PHONE);
    await browser.evaluate(`document.querySelector("details.ask summary").click()`);
    if (pictures) writeFileSync(join(pictures, "question-phone.png"), await browser.screenshot());
    for (const path of PATHS) await look(guarded, path, DESK, "token");
    expect(await look(guarded, "/", PHONE, "token")).toContain("administra");
    expect(await browser.evaluate<string>("document.cookie")).toBe("");
    await press("Salir");
    expect(await browser.evaluate<string>("location.pathname")).toBe("/login");
    await browser.open(`${guarded.url}/ui/jobs`, DESK);
    expect(await browser.evaluate<string>("location.pathname")).toBe("/login");
  });

  it("offers a reader nothing to change, and refuses what that reader sends all the same", async () => {
    await logIn(TOKENS.read);
    const words = await look(guarded, `/ui/models/${model}`, DESK, "reader");
    expect(words).toContain("may read");
    expect(words).not.toMatch(/Promote|Roll back/);
    const sent = `fetch("/ui/models/${model}/promote", { method: "POST", body: new URLSearchParams({ version: "2", reason: "x" }) })`;
    expect(await browser.evaluate<number>(`${sent}.then((answer) => answer.status)`)).toBe(403);
    await press("Log out");
  });

  it("promotes a version after a question, with a reason", async () => {
    await browser.open(`${open.url}/ui/models/${model}`, DESK);
    await browser.evaluate(`document.querySelector("td.act details summary").click()`);
    await browser.evaluate(`document.querySelector("td.act input[name=reason]").value = "better on refunds"`);
    if (pictures) writeFileSync(join(pictures, "question.png"), await browser.screenshot());
    await browser.follow(`document.querySelector("td.act form button").click()`);
    const words = await browser.evaluate<string>(WORDS);
    expect(words).toMatch(/Champion: v2/);
    expect(words).toContain("by hand: better on refunds");
    expect(browser.complaints()).toEqual([]);
  });

  it("shows a job's progress without a reload, and leaves an open question as it is", async () => {
    await browser.open(`${open.url}/ui/jobs/train/train-waiting`, DESK);
    const { job } = await open.queues.get("train/train-waiting");
    await job.updateProgress({ stage: "boost", done: 12, total: 50, unit: "iterations" });
    const queue = open.queues.queue("train");
    await open.queues.redis.lrem(queue.toKey("wait"), 0, "train-waiting");
    await open.queues.redis.lpush(queue.toKey("active"), "train-waiting");
    await browser.evaluate(`new Promise((resolve) => {
      const look = () => (document.body.innerText.includes("boost 12 / 50 iterations") ? resolve() : setTimeout(look, 50));
      look();
    })`);
    const cancel = `document.querySelector("details.ask")`;
    await browser.evaluate(`${cancel}.open = true`);
    await job.updateProgress({ stage: "boost", done: 13, total: 50, unit: "iterations" });
    await browser.evaluate(`new Promise((resolve) => {
      const look = () => (document.body.innerText.includes("boost 13 / 50 iterations") ? resolve() : setTimeout(look, 50));
      look();
    })`);
    expect(await browser.evaluate<boolean>(`${cancel}.open`)).toBe(true);
    expect(browser.complaints()).toEqual([]);
    if (pictures) writeFileSync(join(pictures, "running.png"), await browser.screenshot());
  });
});
