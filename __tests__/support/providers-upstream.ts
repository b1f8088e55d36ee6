import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll } from "vitest";

export type Seen = { method: string; url: string; headers: Record<string, string>; body: string };
type Answer = (request: Request) => Response | Promise<Response>;

/** Where the providers really are. */
export const realAddresses = {
  OPENROUTER_URL: "https://openrouter.ai",
  OPENAI_BASE_URL: "https://api.openai.com/v1",
  ANTHROPIC_BASE_URL: "https://api.anthropic.com/v1",
  GOOGLE_BASE_URL: "https://generativelanguage.googleapis.com/v1beta",
  XAI_BASE_URL: "https://api.x.ai/v1",
};

/** Every provider at its real address, mocked: a test says what it answers, and nothing gets out of the machine. */
export function providersUpstream() {
  const seen: Seen[] = [];
  let answers: Answer[] = [];
  const server = setupServer(
    http.all("*", async ({ request }) => {
      const { method, url, headers } = request;
      seen.push({ method, url, headers: Object.fromEntries(headers), body: await request.clone().text() });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return answer ? await answer(request) : HttpResponse.error();
    }),
  );
  beforeAll(() => server.listen({ onUnhandledFrame: "error" }));
  afterEach(() => {
    seen.length = 0;
    answers = [];
  });
  afterAll(() => server.close());
  return {
    seen,
    /** One after another; the last one stays. */
    answer: (...next: Answer[]) => {
      answers = next;
    },
  };
}

export const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  () =>
    typeof body === "string"
      ? new HttpResponse(body, { status, headers })
      : HttpResponse.json(body as Record<string, unknown>, { status, headers });
export const networkError: Answer = () => HttpResponse.error();
export const silence: Answer = () => new Promise<Response>(() => {});
