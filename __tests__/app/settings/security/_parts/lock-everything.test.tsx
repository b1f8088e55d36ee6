// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LockEverything } from "@/app/settings/security/_parts/lock-everything";
import { lockSentences } from "@/app/settings/security/_parts/lock-sentences";
import { ClientError } from "@/lib/client/client-error";
import type { LockAnswer } from "@/lib/client/types";

afterEach(cleanup);
const done: LockAnswer = {
  deactivated: ["openrouter", "xai"],
  revokePages: [{ provider: "xai", url: "https://console.x.ai/keys" }],
  sessionsEnded: 3,
  tokensRevoked: 2,
  answersStopped: 1,
};
const press = (place: Pick<typeof screen, "getByRole">) =>
  fireEvent.click(place.getByRole("button", { name: "Lock everything" }));

describe("Lock everything", () => {
  it("asks once, and does nothing when one thinks better of it", () => {
    const lock = vi.fn(async () => done);
    render(<LockEverything lock={lock} />);
    press(screen);
    const dialog = within(screen.getByRole("dialog", { name: "Lock everything now?" }));
    fireEvent.click(dialog.getByRole("button", { name: "Cancel" }));
    expect(lock).not.toHaveBeenCalled();
  });

  it("says what was done and where each key is still to be revoked", async () => {
    render(<LockEverything lock={async () => done} />);
    press(screen);
    press(within(screen.getByRole("dialog")));
    const told = await screen.findByRole("status");
    expect(told.textContent).toContain("Wiped here: the keys of OpenRouter and xAI.");
    expect(within(told).getByRole("link", { name: "Revoke at xAI" }).getAttribute("href")).toBe(
      "https://console.x.ai/keys",
    );
  });

  it("never claims to have locked what it could not, and can be tried again", async () => {
    const failure = new ClientError({ code: "rate_limited", detail: "Wait a minute." });
    render(<LockEverything lock={() => Promise.reject(failure)} />);
    press(screen);
    press(within(screen.getByRole("dialog")));
    expect((await screen.findByRole("alert")).textContent).toBe("Not everything may be locked. Wait a minute.");
    expect(screen.queryByRole("status")).toBeNull();
    await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(screen.getByRole("button", { name: "Lock everything" })).toBeDefined();
  });
});

it("says in words when there was nothing to lock", () => {
  expect(
    lockSentences({ deactivated: [], revokePages: [], sessionsEnded: 0, tokensRevoked: 0, answersStopped: 0 }),
  ).toEqual(["There was no key to wipe.", "No other session was open.", "No answer was running."]);
  expect(lockSentences(done).slice(1)).toEqual([
    "Ended: 3 other sessions.",
    "Revoked: 2 access tokens.",
    "Stopped: one running answer.",
  ]);
});
