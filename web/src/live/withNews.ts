import type { QueryFunctionContext } from '@tanstack/react-query';

type Question = Pick<QueryFunctionContext, 'client' | 'queryKey'>;

// withNews asks for what is shown, and lays over the answer what was heard while it was on its way: the answer may be the older of the two.
export async function withNews<T>({ client, queryKey }: Question, ask: () => Promise<T>, lay: (answer: T, shown: T) => T): Promise<T> {
  const before = client.getQueryData<T>(queryKey);
  const answer = await ask();
  const shown = client.getQueryData<T>(queryKey);
  return shown === undefined || shown === before ? answer : lay(answer, shown);
}
