import { escapeMarkup } from "@colaml/shared/charts/escape-markup";
import { escapeXml, ticksOf } from "@colaml/shared/charts/svg-chart";

describe("a chart", () => {
  it("draws words that would be markup or break XML as text", () => {
    expect(escapeXml(`<script>"&'\u0000\ud800x`)).toBe("&lt;script&gt;&quot;&amp;&#39;\uFFFD\uFFFDx");
  });

  it("escapes a user's text for HTML as content and within an attribute", () => {
    expect(escapeMarkup(`<a href='x' id="y">&amp;\n</a>`)).toBe(
      "&lt;a href=&#39;x&#39; id=&quot;y&quot;&gt;&amp;amp;\n&lt;/a&gt;",
    );
  });

  it("has round ticks inside the domain", () => {
    expect(ticksOf([0, 1], 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticksOf([0.31, 0.69], 4)).toEqual([0.4, 0.5, 0.6]);
    expect(ticksOf([1, 50], 8)).toEqual([10, 20, 30, 40, 50]);
  });
});
