import {
  describeTextColumns,
  textColumnsOf,
  textColumnsSchema,
  withTextColumn,
} from "@colaml/shared/settings/text-columns";

describe("the setting of the text columns", () => {
  it("is one name as it is, commas and brackets included, or a JSON list of names", () => {
    expect(textColumnsOf("subject, body")).toBe("subject, body");
    expect(textColumnsOf("[old] text")).toBe("[old] text");
    expect(textColumnsOf("[1]")).toBe("[1]");
    expect(textColumnsOf('["subject","body, long"]')).toEqual(["subject", "body, long"]);
    expect(textColumnsOf('["[\\"x\\"]"]')).toBe('["x"]');
  });

  it("adds up where the flag is given again", () => {
    const given = ["a,b", '["c"]', "[d"].reduce<string | undefined>(
      (all, value) => withTextColumn(value, all),
      undefined,
    );
    expect(textColumnsOf(given!)).toEqual(["a,b", "c", "[d"]);
    expect(withTextColumn("text", undefined)).toBe("text");
  });

  it("refuses in a payload a column that stands twice, and an empty list", () => {
    expect(textColumnsSchema.safeParse(["a", "b"]).success).toBe(true);
    expect(textColumnsSchema.safeParse(["a", "a"]).error!.issues[0]!.message).toBe(
      "a text column stands twice",
    );
    expect(textColumnsSchema.safeParse([]).success).toBe(false);
  });

  it("is named in messages by every column", () => {
    expect(describeTextColumns("text")).toBe('column "text"');
    expect(describeTextColumns(["subject", "body"])).toBe('columns "subject", "body"');
  });
});
