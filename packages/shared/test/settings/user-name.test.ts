import { userName } from "@colaml/shared/settings/user-name";

test("a user without a name in the system is named by its number", () => {
  expect(userName(() => ({ username: "ana" }))).toBe("ana");
  const none = () => {
    throw new Error("uv_os_get_passwd returned ENOENT");
  };
  expect(userName(none)).toBe(`uid ${process.getuid!()}`);
});
