import { useEffect, useEffectEvent, useState } from 'react';

// useTyped holds what is typed into a field of a list, and tells it when typing has paused.
export function useTyped(value: string, tell: (text: string) => void): [string, (text: string) => void] {
  const [text, setText] = useState(value);
  const [last, setLast] = useState(value);
  if (value !== last) {
    // It changed elsewhere: the browser went back, or filters were cleared.
    setLast(value);
    setText(value);
  }
  const say = useEffectEvent(tell);
  useEffect(() => {
    if (text === last) {
      return;
    }
    const timer = setTimeout(() => say(text), 220);
    return () => clearTimeout(timer);
  }, [text, last]);
  return [text, setText];
}
