// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { SWRConfig } from "swr";
import { afterEach, expect, it, vi } from "vitest";
import { SessionList } from "@/app/settings/security/_parts/session-list";
import { ClientError } from "@/lib/client/client-error";
import type { Session } from "@/lib/client/types";

afterEach(cleanup);
const chrome =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36";
const session = (id: string, more: Partial<Session> = {}): Session => ({
  ...{ id, kind: "browser", userAgent: chrome, address: "192.0.2.1", isCurrent: false },
  createdAt: new Date().toISOString(),
  lastSeenAt: new Date().toISOString(),
  ...more,
});

function show(...items: Session[]) {
  let left = items;
  const sessions = {
    sessions: vi.fn(async () => ({ items: left, nextCursor: null })),
    endSession: vi.fn(async (id: string) => {
      left = left.filter((one) => one.id !== id);
    }),
    endOtherSessions: vi.fn(async () => {
      const ended = left.length - 1;
      left = left.filter(({ isCurrent }) => isCurrent);
      return { ended };
    }),
  };
  render(
    <SWRConfig value={{ provider: () => new Map(), shouldRetryOnError: false, dedupingInterval: 0 }}>
      <SessionList sessions={sessions} />
    </SWRConfig>,
  );
  return sessions;
}

it("marks the browser in use, which cannot be ended from here", async () => {
  show(session("a", { isCurrent: true }), session("b"));
  const [own, other] = await screen.findAllByRole("listitem");
  expect(own?.textContent).toBe("Chrome on Windowsthis browserin use now · 192.0.2.1");
  expect(within(own as HTMLElement).queryByRole("button")).toBeNull();
  expect(
    within(other as HTMLElement)
      .getByRole("button")
      .getAttribute("aria-label"),
  ).toBe("Sign out Chrome on Windows, last seen just now");
});

it("ends one, and it is gone from the list", async () => {
  const { endSession } = show(session("a", { isCurrent: true }), session("b", { userAgent: null }));
  fireEvent.click(await screen.findByRole("button", { name: /^Sign out A browser that did not say which/ }));
  await vi.waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(1));
  expect(endSession).toHaveBeenCalledExactlyOnceWith("b");
});

it("ends all others at once, and offers that only when there are several", async () => {
  const { endOtherSessions } = show(session("a", { isCurrent: true }), session("b"), session("c"));
  fireEvent.click(await screen.findByRole("button", { name: "Sign out all others" }));
  await vi.waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(1));
  expect(endOtherSessions).toHaveBeenCalledOnce();
  expect(screen.queryByRole("button")).toBeNull();
});

it("keeps what could not be ended, and its button", async () => {
  const { endSession } = show(session("a", { isCurrent: true }), session("b"));
  endSession.mockRejectedValueOnce(new ClientError({ code: "internal", detail: "The server is busy." }));
  const button = await screen.findByRole("button");
  fireEvent.click(button);
  await vi.waitFor(() => expect(endSession).toHaveBeenCalled());
  await vi.waitFor(() => expect(screen.getByRole("button").getAttribute("aria-busy")).toBeNull());
  expect(screen.getAllByRole("listitem")).toHaveLength(2);
});

it("says what could not be loaded, and loads it on demand", async () => {
  const failing = vi.fn().mockRejectedValueOnce(new ClientError({ code: "internal", detail: "The server is busy." }));
  failing.mockResolvedValue({ items: [session("a", { isCurrent: true })], nextCursor: null });
  render(
    <SWRConfig value={{ provider: () => new Map(), shouldRetryOnError: false, dedupingInterval: 0 }}>
      <SessionList sessions={{ sessions: failing, endSession: vi.fn(), endOtherSessions: vi.fn() }} />
    </SWRConfig>,
  );
  expect((await screen.findByRole("alert")).textContent).toContain("The server is busy.");
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Chrome on Windows")).toBeDefined();
});
