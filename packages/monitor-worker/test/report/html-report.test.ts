import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { htmlReport, type ReportData } from "@colaml/monitor-worker/report/html-report";
import type { WordDrift } from "@colaml/shared/contracts/monitor";
import { reportMaker } from "@colaml/shared/outputs/report-output";
import { type Browser, chromiumPath, openChromium, type View } from "../../../../test/headless-chromium";

const words = (names: string[], sign: number): WordDrift[] =>
  names.map((word, i) => ({
    word,
    referenceShare: 0.3,
    currentShare: 0.3 + sign * 0.2 * 0.8 ** i,
    significant: i < 5,
  }));

/** A failed check with everything a report can show, texts longer than a phone is wide among it. */
function reportData(): ReportData {
  const names = ["accuracy_score", "precision_score", "recall_score", "f1_score", "roc_auc"] as const;
  return {
    result: {
      ok: false,
      verdict: "fail",
      summary:
        "quality fails: accuracy_score 0.7012 is below 0.7500 (threshold, n 12000); drift alert: score PSI 0.31",
      model: "modelo_nuevo",
      modelVersion: "12",
      rows: 1_234_567,
      rejected: 12,
      n: 12_000,
      metrics: {
        accuracy_score: 0.7012,
        precision_score: 0.69,
        recall_score: 0.8,
        f1_score: 0.74,
        roc_auc: 0.8,
      },
      intervals: { accuracy_score: [0.694, 0.7093] },
      thresholds: { accuracy_score: 0.75 },
      checks: names.flatMap((metric) =>
        (["threshold", "absolute drop", "relative drop"] as const).map((kind) => ({
          metric,
          kind,
          value: 0.7,
          n: 12_000,
          bound: 0.75,
          status: "fail" as const,
          sure: true,
        })),
      ),
      estimated: { accuracy_score: 0.7344 },
      estimatedSharesShifted: {
        metrics: { accuracy_score: 0.6512 },
        classShares: [
          { class: "False", training: 0.45, estimated: 0.71 },
          { class: "True", training: 0.55, estimated: 0.29 },
        ],
        rows: 20_000,
      },
      drift: {
        rows: 1_234_567,
        level: "alert",
        scores: (["vocabulary", "out_of_vocabulary", "text_length", "score", "predicted_label"] as const).map(
          (statistic) => ({
            statistic,
            psi: 0.31,
            jensenShannon: 0.2,
            psiExpected: 0.0042,
            psiThreshold: 0.0123,
            psiLow: 0.2711,
            level: "alert",
          }),
        ),
        rose: words(["refund", "Pneumonoultramicroscopicsilicovolcano", "<b>", "ayuda", "dm", "hola"], 1),
        fell: words(["please", "thanks", "sorry"], -1),
        newWords: [{ word: "Donaudampfschifffahrt", currentShare: 0.081, trainingShareAtMost: 0.004 }],
        outOfVocabularyShare: { reference: 0.41, current: 0.52 },
      },
      alerts: [],
      openIncidents: ["quality-modelo_nuevo-2026-01-01T00-00-00-000Z"],
      warnings: [`3 labels have an id that no prediction has, such as "${"9".repeat(60)}"`],
    },
    at: new Date(Date.UTC(2026, 0, 1)),
    maker: reportMaker("repeat:nightly:1767225600000", "modelo_nuevo"),
    source: "scored.csv",
    classes: ["False", "True"],
    confusion: [
      [4_000, 1_500],
      [2_086, 4_414],
    ],
    segments: Array.from({ length: 30 }, (_, i) => ({
      rows: 400,
      labelled: 400,
      correct: 300 - 2 * i,
      expectedCorrect: 310,
    })),
    history: Array.from({ length: 20 }, (_, i) => ({
      id: `${i}`,
      number: i + 1,
      at: new Date(Date.UTC(2026, 0, 1, i)).toISOString(),
      modelVersion: "12",
      rows: 1_000,
      n: 1_000,
      accuracy: 0.85 - i * 0.007,
      interval: [0.83 - i * 0.007, 0.87 - i * 0.007],
      estimated: 0.84,
      verdict: "pass",
    })),
    mistakes: [
      { text: `[handle] ${"a".repeat(150)} [link]`, predicted: "True", actual: "False", probability: 0.98 },
    ],
  };
}

describe("the report", () => {
  it("says the verdict first, then quality over time, drift by word, examples", () => {
    const page = htmlReport(reportData());
    const order = [
      "Look at this model",
      "Accuracy over the last",
      "Accuracy along the rows",
      "<h2>Drift",
      "<h2>Words",
      "Surest mistakes",
    ].map((text) => page.indexOf(text));
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it("shows both estimates, the shares behind the second, new words, and why a check only warns", () => {
    const data = reportData();
    const [check] = data.result.checks;
    const warned = {
      ...check!,
      class: "True",
      interval: [0.69, 0.79] as [number, number],
      status: "warn" as const,
    };
    const page = htmlReport({ ...data, result: { ...data.result, checks: [{ ...warned, sure: false }] } });
    expect(page).toMatch(/if only texts moved.*0\.6512.*if only the classes&#39; shares moved/s);
    expect(page).toMatch(/Classes without labels.*True<\/td><td class="n">55\.0%<\/td><td class="n">29\.0%/s);
    expect(page).toMatch(
      /New words.*Donaudampfschifffahrt<\/td><td class="n">0\.4%<\/td><td class="n">8\.1%/s,
    );
    expect(page).toMatch(/tag warn">warn<.*recall of True.*from 0\.690 to 0\.790, chance may explain it/s);
  });

  it("needs nothing else and runs nothing", () => {
    const page = htmlReport(reportData());
    expect(page).not.toMatch(/<script|<link|<img|<iframe|src=|href=|url\(|@import/);
    expect(page).toContain("default-src 'none'");
    expect(page).toContain("&lt;b&gt;");
  });
});

/** Runs if there is a Chromium (COLAML_CHROMIUM or PATH), and is counted as skipped elsewhere. */
const describeWithChromium = chromiumPath === undefined ? describe.skip : describe;

const VIEWS: View[] = [360, 390, 1_100].flatMap((width) => [
  { width, scheme: "light" },
  { width, scheme: "dark" },
]);

/** Every text of the page: its size on the screen in pixels, and its contrast to what lies behind it by WCAG 2. */
const TEXTS = `(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b]
    .map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const node = walker.currentNode.parentElement;
    if (text === "") continue;
    const svg = node.closest("svg");
    const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    const style = getComputedStyle(node);
    const [a, b] = [luminance(channels(svg ? style.fill : style.color)), luminance(behind(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    texts.push({ text, pixels: scale * parseFloat(style.fontSize), contrast });
  }
  return texts;
})()`;

/** What a screenshot shows: its size, how many colours, and its mean brightness from 0 to 255. */
const pixelsOf = (png: Buffer) => `(async () => {
  const image = new Image();
  image.src = "data:image/png;base64,${png.toString("base64")}";
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const colours = new Set();
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) {
    colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    sum += (data[i] + data[i + 1] + data[i + 2]) / 3;
  }
  return { width: image.width, height: image.height, colours: colours.size, brightness: (4 * sum) / data.length };
})()`;

describeWithChromium("the report in headless Chromium", () => {
  let folder: string;
  let url: string;
  let browser: Browser;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "report-"));
    const path = join(folder, "report.html");
    writeFileSync(path, htmlReport(reportData()));
    url = pathToFileURL(path).href;
    browser = await openChromium(chromiumPath!);
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  it.each(VIEWS)("fits and can be read at $width px, $scheme", async (view) => {
    await browser.open(url, view);
    expect(browser.complaints()).toEqual([]);
    const wide = await browser.evaluate<number>("document.documentElement.scrollWidth");
    expect(wide).toBeLessThanOrEqual(view.width);
    // Nothing is hidden at the right: no table has to be moved to be read.
    const cut = `[...document.querySelectorAll(".scroll")].filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.textContent)`;
    expect(await browser.evaluate(cut)).toEqual([]);
    const texts = await browser.evaluate<{ text: string; pixels: number; contrast: number }[]>(TEXTS);
    expect(texts.length).toBeGreaterThan(80);
    expect(texts.filter(({ pixels }) => pixels < 9)).toEqual([]);
    expect(texts.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
  });

  it("is drawn: charts and words, bright in light and dark in dark", async () => {
    const shots = [];
    for (const scheme of ["light", "dark"] as const) {
      await browser.open(url, { width: 390, scheme });
      const png = await browser.screenshot();
      await browser.open("about:blank", { width: 390, scheme });
      shots.push(
        await browser.evaluate<{ width: number; height: number; colours: number; brightness: number }>(
          pixelsOf(png),
        ),
      );
    }
    for (const { width, height, colours } of shots) {
      expect(width).toBe(390);
      expect(height).toBeGreaterThan(2_000);
      expect(colours).toBeGreaterThan(100);
    }
    expect(shots[0]!.brightness).toBeGreaterThan(200);
    expect(shots[1]!.brightness).toBeLessThan(60);
  });
});
