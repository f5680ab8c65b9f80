import { useRef } from 'react';

// useHold tells whether somebody is at a list, so that its rows had better stay where they are: they point at it, are in it
// with the keyboard, or have scrolled down.
export function useHold() {
  const points = useRef(false);
  const within = useRef(false);
  return {
    isHeld: () => points.current || within.current || window.scrollY > 80,
    hold: {
      onPointerEnter: () => void (points.current = true),
      onPointerLeave: () => void (points.current = false),
      onFocus: () => void (within.current = true),
      onBlur: () => void (within.current = false),
    },
  };
}
