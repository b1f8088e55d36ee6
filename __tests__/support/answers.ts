import { randomUUID } from "node:crypto";
import type { Visitor } from "./person";

export type Reading = {
  id: string;
  question: string;
  status: number;
  retryAfter: string | null;
  /** What had arrived, and when. */
  arrivals: { at: number; text: string }[];
  text: () => string;
  /** Everything came, up to the stream's own end. */
  isWhole: () => boolean;
  done: Promise<void>;
};

/** Sends a question in a conversation of its own and reads the answer in the background, also when it breaks off. */
export async function startReading(browser: Visitor, { id = randomUUID() }: { id?: string } = {}): Promise<Reading> {
  const question = `Say words. ${randomUUID()}`;
  const message = { id: randomUUID(), role: "user", parts: [{ type: "text", text: question }] };
  return readingOf(await browser.post("/api/chat", { id, message }), id, question);
}

/** The same for an answer that is running already. */
export const startFollowing = async (browser: Visitor, id: string): Promise<Reading> =>
  readingOf(await browser.get(`/api/chat/${id}/stream`), id, "");

function readingOf(response: Response, id: string, question: string): Reading {
  const arrivals: Reading["arrivals"] = [];
  const decoder = new TextDecoder();
  let bytes = "";
  let text = "";
  const read = async () => {
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      bytes += decoder.decode(part.value, { stream: true });
      text = [...bytes.matchAll(/"delta":("(?:[^"\\]|\\.)*")/g)].map(([, json]) => JSON.parse(json ?? '""')).join("");
      arrivals.push({ at: Date.now(), text });
    }
  };
  return {
    id,
    question,
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    arrivals,
    text: () => text,
    isWhole: () => bytes.includes('"type":"finish"') && bytes.trimEnd().endsWith("data: [DONE]"),
    done: read().catch(() => undefined), // a connection that breaks is what such tests are about
  };
}

export type Stored = { role: string; status: string; text: string }[];

export async function storedIn(browser: Visitor, id: string): Promise<Stored> {
  const response = await browser.get(`/api/conversations/${id}`);
  if (response.status !== 200) return [];
  const { messages } = (await response.json()) as {
    messages: { role: string; status: string; parts: { text?: string }[] }[];
  };
  return messages.map(({ role, status, parts }) => ({
    role,
    status,
    text: parts.map(({ text = "" }) => text).join(""),
  }));
}
