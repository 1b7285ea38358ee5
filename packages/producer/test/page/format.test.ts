import { decimal, duration, metric } from "@colaml/producer/page/format";

describe("numbers on a page", () => {
  it("have the decimal sign of the language", () => {
    expect([decimal(0.60934, 4, "en"), decimal(0.60934, 4, "es")]).toEqual(["0.6093", "0,6093"]);
    expect([metric(1, "en"), metric(1, "es"), metric(undefined, "es")]).toEqual(["1.0000", "1,0000", "–"]);
  });

  it("say a length of time in its two largest units, below ten seconds with a decimal", () => {
    expect(duration(1_500, "en")).toBe("1.5 s");
    expect(duration(1_500, "es")).toBe("1,5 s");
    expect(duration(3_723_000, "es")).toBe("1 h 2 min");
    expect(duration(615, "es")).toBe("615 ms");
  });
});
