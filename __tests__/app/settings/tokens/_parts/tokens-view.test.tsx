// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { SWRConfig } from "swr";
import { afterEach, expect, it, vi } from "vitest";
import { examplesFor, tokenFacts } from "@/app/settings/tokens/_parts/token-words";
import { TokensView } from "@/app/settings/tokens/_parts/tokens-view";
import { ClientError } from "@/lib/client/client-error";
import type { PersonalToken } from "@/lib/client/types";

afterEach(cleanup);
const tokenOf = (more: Partial<PersonalToken> = {}): PersonalToken => ({
  ...{ id: "1", name: "editor", hint: "aB3d", scopes: ["chat", "keys:read"], createdAt: new Date().toISOString() },
  ...{ budgetUsd: null, budgetPeriod: "total", spentUsd: null, expiresAt: null, lastUsedAt: null },
  ...more,
});
const failure = new ClientError({ code: "internal", detail: "Try later." });

function show(items: PersonalToken[], more: Partial<Parameters<typeof TokensView>[0]["tokens"]> = {}) {
  const tokens = {
    list: vi.fn(async () => ({ items, nextCursor: null })),
    create: vi.fn(async () => ({ ...tokenOf(), token: "chl_secret" })),
    revoke: vi.fn(async () => {}),
    ...more,
  };
  render(
    <SWRConfig value={{ provider: () => new Map(), shouldRetryOnError: false, dedupingInterval: 0 }}>
      <TokensView origin="https://chat.example.org" tokens={tokens} />
    </SWRConfig>,
  );
  return tokens;
}

it("says what each may do, when it was used, when it ends and what it has spent", () => {
  expect(tokenFacts(tokenOf())).toEqual(["Chat, See keys", "never used", "does not expire"]);
  const past = "2020-03-01T00:00:00.000Z";
  expect(tokenFacts(tokenOf({ expiresAt: past, budgetUsd: "2.5", budgetPeriod: "day", spentUsd: "0.5" }))).toEqual([
    "Chat, See keys",
    "never used",
    "expired 1 Mar 2020",
    "$0.50 of $2.50 spent today",
  ]);
});

it("gives every example the base URL and the token", () => {
  for (const { code } of examplesFor("https://chat.example.org", "chl_x")) {
    expect(code).toContain("https://chat.example.org/api/v1");
    expect(code).toContain("chl_x");
  }
});

it("can be asked again when the list did not load", async () => {
  const list = vi
    .fn()
    .mockRejectedValueOnce(failure)
    .mockResolvedValue({ items: [tokenOf()], nextCursor: null });
  show([], { list });
  expect((await screen.findByRole("alert")).textContent).toContain("The list could not be loaded. Try later.");
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect((await screen.findByRole("listitem")).textContent).toContain("chl_…aB3d");
});

it("revokes only after asking, and never claims it when it failed", async () => {
  const { revoke } = show([tokenOf()], { revoke: vi.fn(async () => Promise.reject(failure)) });
  fireEvent.click(await screen.findByRole("button", { name: "Revoke editor" }));
  expect(revoke).not.toHaveBeenCalled();
  fireEvent.click(
    within(screen.getByRole("dialog", { name: "Revoke “editor”?" })).getByRole("button", { name: "Revoke" }),
  );
  await vi.waitFor(() => expect(revoke).toHaveBeenCalledWith("1"));
  expect(screen.getByRole("listitem")).toBeDefined();
});

it("makes a token of what was chosen, and tells what was refused beside its field", async () => {
  const issues = [{ path: "name", message: "is too long" }];
  const create = vi
    .fn()
    .mockRejectedValueOnce(new ClientError({ code: "invalid_request", detail: "", issues }))
    .mockResolvedValue({ ...tokenOf(), token: "chl_secret" });
  show([], { create });
  fireEvent.click(await screen.findByRole("button", { name: "New token" }));
  const dialog = within(screen.getByRole("dialog", { name: "New token" }));
  fireEvent.change(dialog.getByLabelText("Name"), { target: { value: "editor" } });
  fireEvent.click(dialog.getByLabelText(/^Read/));
  fireEvent.submit(dialog.getByRole("button", { name: "Make the token" }).closest("form") as HTMLFormElement);
  expect((await dialog.findByRole("alert")).textContent).toBe("The name is too long.");
  fireEvent.submit(dialog.getByRole("button", { name: "Make the token" }).closest("form") as HTMLFormElement);
  expect(await screen.findByText("chl_secret", { selector: "code" })).toBeDefined();
  expect(create).toHaveBeenLastCalledWith(
    expect.objectContaining({ name: "editor", scopes: ["chat", "read"], budgetUsd: null }),
  );
});
