/** What can stand in an account's security log: a closed list, because pages and alarms match on it. */
export const AUDIT_ACTIONS = [
  "key_saved",
  "key_tested",
  "key_used",
  "key_removed",
  "key_rotated",
  "key_rejected",
  "key_decrypt_failed",
  "openrouter_connected",
  "openrouter_connect_failed",
  "shared_key_used",
  "preferences_changed",
  "registered",
  "signed_in",
  "sign_in_failed",
  "signed_out",
  "token_created",
  "token_used",
  "token_revoked",
  "password_changed",
  "account_locked",
  "account_exported",
  "account_imported",
  "account_deleted",
  "heads_signed",
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];
