/** What a personal access token may do. Each stands alone: none holds another. */
export const SCOPES = ["chat", "read", "keys:read", "keys:write", "account"] as const;
export type Scope = (typeof SCOPES)[number];

/** From when on a token's budget counts. */
export const BUDGET_PERIODS = ["day", "total"] as const;
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];
