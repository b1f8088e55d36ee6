// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { SWRConfig } from "swr";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ActivityLog } from "@/app/settings/security/_parts/activity-log";
import { ClientError } from "@/lib/client/client-error";
import type { AuditEvent, Page } from "@/lib/client/types";

afterEach(cleanup);
const event = (seq: number, more: Partial<AuditEvent> = {}): AuditEvent => ({
  ...{ seq, action: "signed_in", provider: null, detail: {}, address: null, userAgent: null },
  at: new Date(Date.UTC(2026, 0, 1, 12, seq)).toISOString(),
  ...more,
});
type List = (cursor?: string | null) => Promise<Page<AuditEvent>>;
const show = (list: List) =>
  render(
    <SWRConfig value={{ provider: () => new Map(), shouldRetryOnError: false, dedupingInterval: 0 }}>
      <ActivityLog list={list} />
    </SWRConfig>,
  );
const showItems = (...items: AuditEvent[]) => show(async () => ({ items, nextCursor: null }));

it("says that it loads, in the shape of what will come", async () => {
  show(() => new Promise(() => {}));
  expect(screen.getByRole("status").textContent).toBe("Loading what happened");
});

it("says what will be here while there is nothing", async () => {
  showItems();
  expect(await screen.findByText(/Nothing has happened yet/)).toBeDefined();
});

it("says what could not be loaded and loads it on demand", async () => {
  const list = vi.fn<List>();
  list.mockRejectedValueOnce(new ClientError({ code: "internal", detail: "The server is busy." }));
  list.mockResolvedValue({ items: [event(1)], nextCursor: null });
  show(list);
  expect((await screen.findByRole("alert")).textContent).toMatch(/kept as it was. The server is busy/);
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("You signed in")).toBeDefined();
});

it("says what happened, when and from where", async () => {
  const userAgent =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36";
  showItems(
    event(1, { action: "key_used", provider: "openrouter", detail: { count: 3 }, address: "192.0.2.1", userAgent }),
  );
  const row = await screen.findByRole("listitem");
  expect(within(row).getByText("Your OpenRouter key was used 3 times")).toBeDefined();
  expect(within(row).getByText("Chrome on Windows · 192.0.2.1")).toBeDefined();
  expect(row.querySelector("time")?.getAttribute("datetime")).toBe("2026-01-01T12:01:00.000Z");
});

it("loads earlier ones by the cursor, until there are none", async () => {
  const list = vi.fn<List>(async (cursor) =>
    cursor ? { items: [event(1)], nextCursor: null } : { items: [event(3), event(2)], nextCursor: "2" },
  );
  show(list);
  fireEvent.click(await screen.findByRole("button", { name: "Show earlier" }));
  await vi.waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(3));
  expect(list.mock.calls.map(([cursor]) => cursor)).toEqual([null, "2"]);
  expect(screen.queryByRole("button", { name: "Show earlier" })).toBeNull();
});

it("keeps what is shown when no more can be loaded", async () => {
  show(async (cursor) => {
    if (cursor) throw new ClientError({ code: "internal", detail: "The server is busy." });
    return { items: [event(2)], nextCursor: "2" };
  });
  fireEvent.click(await screen.findByRole("button", { name: "Show earlier" }));
  expect((await screen.findByRole("alert")).textContent).toMatch(/No more could be loaded/);
  expect(screen.getAllByRole("listitem")).toHaveLength(1);
});

it("puts gathered events, which are written late, where their time belongs", async () => {
  showItems(event(2, { action: "key_used", at: event(1).at }), event(1, { action: "key_removed", at: event(2).at }));
  const titles = (await screen.findAllByRole("listitem")).map((row) => row.querySelector("p")?.textContent);
  expect(titles).toEqual(["Your provider key was deleted here", "Your provider key was used"]);
});

describe("S71 hostile text", () => {
  const hostile = '<img src=x onerror="alert(1)"><script>alert(1)</script> javascript:alert(1)';

  it("is shown as text: no element comes of it", async () => {
    showItems(
      event(1, { userAgent: hostile, address: hostile, detail: { reason: hostile, count: hostile, state: hostile } }),
      event(2, { action: hostile, provider: hostile }),
      event(3, { action: "openrouter_connect_failed", provider: "constructor", detail: { reason: "__proto__" } }),
      event(4, { action: "key_rejected", provider: "constructor", detail: { state: "constructor" } }),
    );
    const rows = await screen.findAllByRole("listitem");
    expect(rows).toHaveLength(4);
    expect(rows[0]?.querySelector("p")?.textContent).toBe("Something is wrong: The provider refused your key");
    for (const row of rows) expect(row.querySelectorAll("img, script, a, [onerror], [href]")).toHaveLength(0);
    expect(rows[3]?.textContent).toContain("<img src=x onerror=");
    expect(rows[3]?.textContent?.length).toBeLessThan(300);
  });
});
