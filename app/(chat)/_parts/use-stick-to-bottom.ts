"use client";
import { useCallback, useEffect, useRef, useState } from "react";

const NEAR_PX = 24;

/**
 * Keeps a growing page at its end as long as the reader is there. The first move upwards lets go; only the reader, by
 * scrolling back to the end or with the button, takes hold again.
 */
export function useStickToBottom() {
  const scroller = useRef<HTMLDivElement>(null);
  // The thread comes into being with its first message, and a little later on a slow connection.
  const [inner, content] = useState<HTMLDivElement | null>(null);
  const stuck = useRef(true);
  const lastTop = useRef(0);
  const [isAway, setIsAway] = useState(false);

  const jump = useCallback((smooth = false) => {
    const element = scroller.current;
    if (!element) return;
    stuck.current = true;
    setIsAway(false);
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element.scrollTo({ top: element.scrollHeight, behavior: smooth && !isCalm ? "smooth" : "instant" });
  }, []);

  useEffect(() => {
    const element = scroller.current;
    if (!element || !inner) return;
    const onScroll = () => {
      const rest = element.scrollHeight - element.clientHeight - element.scrollTop;
      if (rest <= NEAR_PX) stuck.current = true;
      else if (element.scrollTop < lastTop.current) stuck.current = false;
      lastTop.current = element.scrollTop;
      setIsAway(!stuck.current && rest > NEAR_PX * 4);
    };
    const observer = new ResizeObserver(() => {
      if (stuck.current) element.scrollTop = element.scrollHeight;
    });
    element.addEventListener("scroll", onScroll, { passive: true });
    observer.observe(inner);
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", onScroll);
      observer.disconnect();
    };
  }, [inner]);

  return { scroller, content, isAway, jump };
}
