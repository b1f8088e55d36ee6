"use client";
import { useEffect } from "react";
import useSWR, { mutate } from "swr";
import { api, paths } from "@/lib/client/api";
import { asClientError } from "@/lib/client/client-error";
import type { KeyList, ProviderConfig, ProviderId } from "@/lib/client/types";
import { onConnectOutcome } from "./connect";

const FRESH = { refreshInterval: 60_000, focusThrottleInterval: 5000 };

/** The keys of all providers and what is to be said of them. `fresh` asks again every minute the page is looked at. */
export function useKeys({ fresh = false } = {}) {
  const { data, error } = useSWR<KeyList>(paths.keys, () => api.keys.list(), fresh ? FRESH : {});
  useEffect(() => onConnectOutcome(() => void refreshKeys()), []);
  return {
    keys: data?.items,
    notices: data?.notices ?? [],
    keyOf: (provider: ProviderId): ProviderConfig | undefined => data?.items.find((key) => key.provider === provider),
    error: error ? asClientError(error) : undefined,
  };
}

/** A changed key also changes who pays and which models can be asked. */
export const refreshKeys = () => Promise.all([mutate(paths.keys), mutate(paths.status), mutate(paths.models)]);
