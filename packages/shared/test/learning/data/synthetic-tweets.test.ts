import { readFileSync } from "node:fs";
import { fileDigest } from "@colaml/shared/files/digest";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import { writeInput } from "../../tables/read-all";

describe("synthetic tweets", () => {
  it("are the same bytes for the same seed, and others for another", async () => {
    const [one, two, other] = ["one.csv", "two.csv", "other.csv"].map((name) => writeInput(name, "")) as [
      string,
      string,
      string,
    ];
    await writeSyntheticTweets(one, 5000, 42);
    await writeSyntheticTweets(two, 5000, 42);
    await writeSyntheticTweets(other, 5000, 43);
    expect(await fileDigest(two)).toBe(await fileDigest(one));
    expect(await fileDigest(other)).not.toBe(await fileDigest(one));
  });

  it("have the reference task's columns, both classes, several spellings and what hurts readers", async () => {
    const path = writeInput("tweets.csv", "");
    await writeSyntheticTweets(path, 5000);
    const content = readFileSync(path, "utf8");
    expect(content.split("\n", 1)[0]).toBe(
      ",tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id",
    );
    for (const hard of [",TRUE,", ",True,", ",False,", '""', "😡", "https://t.co/", "Málaga"]) {
      expect(content).toContain(hard);
    }
    const reader = readDataset({ path }, { text: "text", label: "inbound", id: "tweet_id" });
    const ids = new Set<string>();
    let multiLine = 0;
    for await (const { texts, ids: some } of reader.batches()) {
      for (const id of some) ids.add(id);
      multiLine += texts.filter((text) => text.includes("\n")).length;
    }
    expect([...reader.labelNames].sort()).toEqual(["False", "True"]);
    expect(reader.rows + reader.rejected.count).toBe(5000);
    expect(reader.rejected.byReason).toEqual({ "no text": reader.rejected.count });
    expect(reader.rejected.count).toBeGreaterThan(5);
    expect(ids.size).toBe(reader.rows);
    expect(multiLine).toBeGreaterThan(50);
  });

  it("can be written compressed", async () => {
    const path = writeInput("tweets.csv.gz", "");
    await writeSyntheticTweets(path, 300);
    expect(readFileSync(path).readUInt16BE(0)).toBe(0x1f8b);
    const reader = readDataset({ path }, { text: "text" });
    for await (const _ of reader.blocks());
    expect(reader.rows + reader.rejected.count).toBe(300);
  });
});

describe("the digest of a file", () => {
  it("is its sha256", async () => {
    // printf abc | sha256sum
    expect(await fileDigest(writeInput("abc", "abc"))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    await expect(fileDigest("/no/such/file")).rejects.toMatchObject({ code: "INPUT_NOT_FOUND" });
  });
});
