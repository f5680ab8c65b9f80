// together does something to each of many, so many at once, and tells how far it is. What failed is named and keeps nobody else from it.
// It stops where it is told to, and where it is refused in a way that all the others would be.

export interface Failed<T> {
  one: T;
  error: unknown;
}

export interface Progress<T> {
  done: number;
  failed: readonly Failed<T>[];
  left: readonly T[]; // that nothing was done to
}

interface Ways<T> {
  act: (one: T) => Promise<unknown>;
  tell: (p: Progress<T>) => void;
  signal: AbortSignal;
  hopeless?: (error: unknown) => boolean;
  width?: number;
}

export async function together<T>(all: readonly T[], { act, tell, signal, hopeless = () => false, width = 6 }: Ways<T>): Promise<Progress<T>> {
  let next = 0;
  let done = 0;
  let over = false;
  const failed: Failed<T>[] = [];
  const progress = (): Progress<T> => ({ done, failed: [...failed], left: all.slice(next) });
  const work = async () => {
    while (next < all.length && !over && !signal.aborted) {
      const one = all[next++] as T;
      try {
        await act(one);
        done++;
      } catch (error) {
        failed.push({ one, error });
        over ||= hopeless(error);
      }
      tell(progress());
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, all.length) }, work));
  return progress();
}
