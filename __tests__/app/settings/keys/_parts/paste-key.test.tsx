// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PasteKey } from "@/app/settings/keys/_parts/paste-key";
import type { SavedKey } from "@/lib/client/types";
import type { Provider } from "@/lib/providers/names";
import { keyOf } from "../../../../support/browser-keys";

const KEY = `sk-proj-${"a".repeat(60)}`;
const fetched = vi.fn<typeof fetch>();
beforeEach(() => vi.stubGlobal("fetch", fetched));
afterEach(() => {
  cleanup();
  fetched.mockReset();
  vi.unstubAllGlobals();
});

const saved: SavedKey = { config: keyOf(), check: { status: "valid", message: "OpenAI accepts this key." } };
const answers = (status: number, body: object) =>
  fetched.mockResolvedValueOnce(new Response(JSON.stringify(body), { status }));
const sentBodies = () => fetched.mock.calls.map(([, init]) => JSON.parse(String(init?.body)));

function Form(props: { onSaved?: (saved: SavedKey) => void; onProvider?: (provider: Provider) => void }) {
  const [typed, setTyped] = useState("");
  const { onSaved = vi.fn(), onProvider = vi.fn() } = props;
  return <PasteKey provider="openai" typed={typed} onType={setTyped} onSaved={onSaved} onProvider={onProvider} />;
}
const field = () => screen.getByLabelText<HTMLInputElement>("API key");
const type = (value: string) => fireEvent.change(field(), { target: { value } });
const button = (name: string) => screen.getByRole<HTMLButtonElement>("button", { name });

describe("the field for a key", () => {
  it("is covered, and kept from what might send it elsewhere", () => {
    render(<Form />);
    expect(field().type).toBe("password");
    expect(field().autocomplete).toBe("off");
    expect(field().getAttribute("spellcheck")).toBe("false");
    expect(field().hasAttribute("name")).toBe(false);
    fireEvent.click(button("Show the key"));
    expect(field().type).toBe("text");
    fireEvent.click(button("Hide the key"));
    expect(field().type).toBe("password");
  });

  it("says while one types what form a key has, and refuses none for it", () => {
    render(<Form />);
    type("hello-hello-hello");
    expect(screen.getByText(/usually starts with sk-proj-/)).toBeDefined();
    expect(button("Save").disabled).toBe(false);
    type(KEY);
    expect(screen.getByText("This has the form of such a key.")).toBeDefined();
  });

  it("says whose key it looks like and takes what is typed there", () => {
    const onProvider = vi.fn();
    render(<Form onProvider={onProvider} />);
    type(`xai-${"a".repeat(80)}`);
    expect(screen.getByText(/looks like a key of xAI/)).toBeDefined();
    fireEvent.click(button("Use it for xAI"));
    expect(onProvider).toHaveBeenCalledExactlyOnceWith("xai");
  });

  it("offers nothing to press while it is empty", () => {
    render(<Form />);
    expect([button("Test").disabled, button("Save").disabled]).toEqual([true, true]);
    type(" \u200b\n");
    expect([button("Test").disabled, button("Save").disabled]).toEqual([true, true]);
  });
});

describe("testing", () => {
  it("asks with the cleaned key, stores nothing and says what came back", async () => {
    answers(200, { valid: true, status: "valid", message: "OpenAI accepts this key." });
    render(<Form />);
    type(`  "${KEY}"\n`);
    fireEvent.click(button("Test"));
    expect((await screen.findByRole("status")).textContent).toBe("OpenAI accepts this key.");
    expect(fetched.mock.calls.map(([url]) => url)).toEqual(["/api/test-api-key"]);
    expect(sentBodies()).toEqual([{ provider: "openai", apiKey: KEY }]);
  });

  it("forgets its result as soon as another key is typed", async () => {
    answers(200, { valid: false, status: "invalid", message: "OpenAI does not know this key." });
    render(<Form />);
    type(KEY);
    fireEvent.click(button("Test"));
    expect((await screen.findByRole("alert")).textContent).toBe("OpenAI does not know this key.");
    type(`${KEY}b`);
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("saving", () => {
  it("hands on what was saved and keeps nothing of the key", async () => {
    answers(201, saved);
    const onSaved = vi.fn();
    render(<Form onSaved={onSaved} />);
    type(KEY);
    fireEvent.click(button("Save"));
    await vi.waitFor(() => expect(onSaved).toHaveBeenCalledExactlyOnceWith(saved));
    expect(field().value).toBe("");
  });

  it("cannot be pressed twice, and nothing can be typed meanwhile", async () => {
    let finish: (response: Response) => void = () => undefined;
    fetched.mockReturnValueOnce(new Promise((resolve) => (finish = resolve)));
    const onSaved = vi.fn();
    render(<Form onSaved={onSaved} />);
    type(KEY);
    const form = field().form as HTMLFormElement;
    fireEvent.submit(form);
    fireEvent.submit(form);
    fireEvent.click(button("Test"));
    expect([button("Test").disabled, button("Save").disabled, field().readOnly]).toEqual([true, true, true]);
    expect(button("Save").getAttribute("aria-busy")).toBe("true");
    finish(new Response(JSON.stringify(saved), { status: 201 }));
    await vi.waitFor(() => expect(onSaved).toHaveBeenCalledOnce());
    expect(fetched).toHaveBeenCalledOnce();
  });

  it.each([
    [
      422,
      { code: "key_invalid", detail: "OpenAI does not accept this key.", check: { status: "invalid", message: "" } },
    ],
    [503, { code: "provider_unavailable", detail: "OpenAI could not be asked. Nothing was stored." }],
    [429, { code: "rate_limited", detail: "Too many keys were saved. Wait a minute." }],
    [502, "<html>bad gateway</html>"],
  ])("loses nothing of what was typed when the answer is %i", async (status, body) => {
    fetched.mockResolvedValueOnce(new Response(typeof body === "string" ? body : JSON.stringify(body), { status }));
    const onSaved = vi.fn();
    render(<Form onSaved={onSaved} />);
    type(KEY);
    fireEvent.click(button("Save"));
    const told = (await screen.findByRole("alert")).textContent;
    expect(told).toContain(typeof body === "string" ? "could not be read" : body.detail);
    expect(field().value).toBe(KEY);
    expect(button("Save").disabled).toBe(false);
    expect(onSaved).not.toHaveBeenCalled();
  });
});
