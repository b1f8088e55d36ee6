import { cookies } from "next/headers";
import { Notice } from "@/app/_components/notice";
import { LEFT_OVER_COOKIE, leftOverUrlOf } from "@/lib/openrouter/left-over-cookie";
import { type SignInFailure, signInSentences } from "@/lib/openrouter/sign-in-outcome";

/** Why nobody was signed in, and where to delete a key that OpenRouter made on the way. */
export async function OpenRouterFailure({ failure }: { failure: SignInFailure }) {
  const leftOverUrl = leftOverUrlOf((await cookies()).get(LEFT_OVER_COOKIE)?.value);
  return (
    <Notice tone="bad" role="alert" className="mt-5">
      {signInSentences[failure]}
      {leftOverUrl && (
        <>
          {" "}
          OpenRouter now lists a key named Chatelaine that nobody uses:{" "}
          <a href={leftOverUrl} target="_blank" rel="noreferrer" className="link">
            delete it there
          </a>
          .
        </>
      )}
    </Notice>
  );
}
