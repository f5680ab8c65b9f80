import { QueryClient } from '@tanstack/react-query';
import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];
export type Problem = Schemas['Problem'];

// A Refusal is what the server did not do, and why.
export class Refusal extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

export const api = createClient<paths>({ baseUrl: window.location.origin });

// answer returns what an operation answers with, and throws a Refusal where it was refused.
export async function answer<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let got;
  try {
    got = await asked;
  } catch {
    throw new Refusal(unreachable);
  }
  if (got.response.ok) {
    return got.data as T;
  }
  const said = got.error as Partial<Problem> | undefined;
  throw new Refusal(said?.reason ? (said as Problem) : { ...unreachable, detail: `${got.response.status} ${got.response.statusText}` });
}

// versioned is answer for one thing, with the version that it was read in.
export async function versioned<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T & { version: string }> {
  const value = await answer(asked);
  return { ...value, version: (await asked).response.headers.get('ETag') ?? '' };
}

// isRefusedFor tells whether something was refused for this reason.
export function isRefusedFor(error: unknown, reason: string): boolean {
  return error instanceof Refusal && error.problem.reason === reason;
}

const unreachable: Problem = {
  type: 'urn:muster:reason:server-unreachable',
  reason: 'server-unreachable',
  status: 0,
  title: 'The server does not answer.',
  detail: 'The server does not answer.',
  advice: 'See whether it runs and whether this machine reaches it, then try again.',
};

// isUnknown tells whether the server does not know any more who asks. A password that was mistyped says nothing of that.
export function isUnknown(error: unknown): boolean {
  return error instanceof Refusal && error.problem.status === 401 && error.problem.reason !== 'sign-in-wrong';
}

// isStale tells whether a thing has been changed by somebody else since it was read.
export function isStale(error: unknown): boolean {
  return error instanceof Refusal && error.problem.reason === 'version-stale';
}

function worthAnotherTry(error: unknown): boolean {
  return !(error instanceof Refusal) || error.problem.status === 0 || error.problem.status >= 502;
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      networkMode: 'always', // the server may be on a machine that has no other network
      retry: (failures, error) => failures < 2 && worthAnotherTry(error),
    },
    mutations: { retry: false, networkMode: 'always', gcTime: 0 }, // what they were given, or have made, may be secret
  },
});
