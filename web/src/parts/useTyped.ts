import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { begun, heard, tell, untold } from './typing';

// useTyped holds what is typed into a field of a list, and tells it when typing has paused. Whoever has gone to another page meanwhile
// is not called back.
export function useTyped(value: string, onPause: (text: string) => void): [string, (text: string) => void] {
  const [typing, setTyping] = useState(() => begun(value));
  const page = useRef('');
  if (value !== typing.value) {
    setTyping(heard(typing, value));
  }
  const say = useEffectEvent(() => {
    if (window.location.pathname === page.current) {
      setTyping(tell);
      onPause(typing.text);
    }
  });
  const waits = untold(typing);
  useEffect(() => {
    if (!waits) {
      return;
    }
    const timer = setTimeout(() => say(), 220);
    return () => clearTimeout(timer);
  }, [typing.text, waits]);
  const type = (text: string) => {
    page.current = window.location.pathname;
    setTyping((t) => ({ ...t, text }));
  };
  return [typing.text, type];
}
