import { useCallback, useMemo, useState } from 'react';

export interface Selection<T> {
  readonly all: ReadonlyMap<string, T>;
  // set adds rows, or takes them out.
  set: (rows: readonly T[], is: boolean) => void;
  clear: () => void;
}

// useSelection holds rows that somebody has chosen. They stay chosen while they are out of sight.
export function useSelection<T>(id: (row: T) => string): Selection<T> {
  const [all, setAll] = useState<ReadonlyMap<string, T>>(new Map());
  const set = useCallback(
    (rows: readonly T[], is: boolean) =>
      setAll((was) => {
        const now = new Map(was);
        for (const row of rows) {
          if (is) {
            now.set(id(row), row);
          } else {
            now.delete(id(row));
          }
        }
        return now;
      }),
    [id],
  );
  const clear = useCallback(() => setAll(new Map()), []);
  return useMemo(() => ({ all, set, clear }), [all, set, clear]);
}
