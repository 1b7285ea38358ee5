import { publishRun } from "@colaml/shared/mlflow/publish-model";
import { chromiumPath, openChromium } from "../../../../test/headless-chromium";
import { clientFor, exampleRun, SMALL_RUN, testServer, uniqueName } from "./example-publication";

const withChromium = chromiumPath === undefined ? test.skip : test;

/** The page's words, once the run is on it. */
const SHOWN = `new Promise((resolve) => {
  const look = () => {
    const words = document.body.innerText;
    if (words.includes("Run ID")) resolve(words);
    else setTimeout(look, 50);
  };
  look();
})`;

withChromium("the link of a run opens MLflow's pages for training, and they show that run", async () => {
  const client = clientFor(testServer());
  const { runId, experimentId } = await publishRun(client, exampleRun(uniqueName("experiment"), SMALL_RUN));
  const browser = await openChromium(chromiumPath!);
  try {
    await browser.open(client.runUrl(experimentId, runId), { width: 1300, scheme: "light" });
    const words = await browser.evaluate<string>(SHOWN);
    expect(words).toContain(runId);
    // In the side bar: these belong to training, and a run without the link's last word shows the ones below.
    expect(words).toContain("Model registry");
    expect(words).not.toMatch(/Evaluation runs|Playground|Judges/);
  } finally {
    await browser.close();
  }
});
