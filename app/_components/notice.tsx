import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx";

export type NoticeTone = "plain" | "ok" | "warn" | "bad";

const looks = {
  plain: { box: "bg-sunken", icon: "text-faint", Icon: Info },
  ok: { box: "border-ok/25 bg-ok-soft", icon: "text-ok", Icon: CircleCheck },
  warn: { box: "border-warn/30 bg-warn-soft", icon: "text-warn", Icon: TriangleAlert },
  bad: { box: "border-bad/25 bg-bad-soft", icon: "text-bad", Icon: CircleAlert },
};

type Props = {
  tone?: NoticeTone;
  children: ReactNode;
  actions?: ReactNode;
  className?: string;
  role?: "alert" | "status";
};

/** Says what happened, with the one thing to do beside it. */
export function Notice({ tone = "plain", children, actions, className, role }: Props) {
  const { box, icon, Icon } = looks[tone];
  return (
    <div
      role={role}
      className={cx(
        "flex animate-appear flex-wrap items-center gap-x-4 gap-y-3 rounded-md border px-4 py-3 text-sm",
        box,
        className,
      )}
    >
      <div className="flex min-w-56 flex-1 items-start gap-2.5">
        <Icon aria-hidden className={cx("mt-0.5 size-4 shrink-0", icon)} />
        <div className="min-w-0">{children}</div>
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  );
}
