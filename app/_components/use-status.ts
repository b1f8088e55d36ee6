"use client";
import { useEffect } from "react";
import useSWR, { mutate } from "swr";
import { api, paths } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import type { OpenRouterStatus } from "@/lib/client/types";
import { onConnectOutcome } from "./connect";
import { toast } from "./toast";

const FRESH = { refreshInterval: 60_000, focusThrottleInterval: 5000 };

/**
 * The state of the caller's OpenRouter key. Follows what a connect popup or another tab has done; `fresh` asks again
 * every minute the page is looked at.
 */
export function useStatus({ fresh = false } = {}) {
  const load = () => api.openrouter.status();
  const { data, error, isLoading } = useSWR<OpenRouterStatus>(paths.status, load, fresh ? FRESH : {});
  useEffect(() => onConnectOutcome(() => void mutate(paths.status)), []);
  return { status: data, error: error ? asClientError(error) : undefined, isLoading };
}

export const refreshStatus = () => mutate(paths.status);

/** Asks OpenRouter itself. @throws ClientError */
export const checkStatusNow = () =>
  mutate(paths.status, api.openrouter.status({ refresh: true }), { revalidate: false });

/** Shows the new setting at once and takes it back when it could not be stored. */
export async function allowSharedKey(status: OpenRouterStatus, allowed: boolean): Promise<void> {
  const changed = { ...status, sharedKey: { ...status.sharedKey, allowed } };
  const save = async () => {
    await api.preferences.set({ sharedKey: allowed ? "allow" : "never" });
    return changed;
  };
  try {
    await mutate(paths.status, save(), { optimisticData: changed, rollbackOnError: true, revalidate: false });
  } catch (error) {
    toast(`The setting was not changed. ${asClientError(error).message}`, { tone: "bad" });
  }
}
